"""Takes one field of an interlaced picture: every other line, all of one moment.

decode_pyav ─▶ [FieldTaker] ─▶ scaling

An interlaced picture is two half pictures a fiftieth of a second apart; shown as one, whatever moves is a comb. The
upper field of each is kept, at the picture's time. Half the lines are lost, which the small working sizes do not show.
"""

import av

Shape = tuple[int, int, str]


class FieldTaker:
    """Holds FFmpeg's `field` filter for pictures of one shape."""

    def __init__(self) -> None:
        self._shape: Shape | None = None
        self._graph = av.filter.Graph()

    def take(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The upper field: half as high, its lines apart by two."""
        shape = frame.width, frame.height, frame.format.name
        if shape != self._shape:
            self._shape, self._graph = shape, _graph(frame)
        self._graph.push(frame)
        field = self._graph.pull()
        assert isinstance(field, av.VideoFrame)
        # the filter graph does not pass these on in every version
        field.colorspace, field.color_range = frame.colorspace, frame.color_range
        return field


def _graph(frame: av.VideoFrame) -> av.filter.Graph:
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add_buffer(template=None, width=frame.width, height=frame.height, format=frame.format,
                         time_base=frame.time_base),
        graph.add("field", "type=top"),
        graph.add("buffersink"),
    ).configure()  # fmt: skip
    return graph
