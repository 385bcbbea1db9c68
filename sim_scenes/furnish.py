"""Where the furniture goes: against walls, around tables, on top of each other; never through one another.

Shell + Programme + rng ─▶ [furnish] ─▶ list[Placed] ─▶ rooms.py, houses.py

Places are drawn and kept when they fit: inside the room, apart from what stands there already, not in front of a
door, nothing tall before a window, enough floor left to walk on, and a way from each doorway to every other. What
finds no place is left out.
"""

from collections.abc import Sequence

import numpy as np

from video4spatial.sim_scenes import furniture, trinkets
from video4spatial.sim_scenes.assets.stock import Stock
from video4spatial.sim_scenes.furniture import Piece
from video4spatial.sim_scenes.occupancy import Placed, Room, rectangles_meet
from video4spatial.sim_scenes.palette import Palette
from video4spatial.sim_scenes.programmes import Make, Programme
from video4spatial.sim_scenes.shapes import yaw_matrix
from video4spatial.sim_scenes.shell import WALL_YAW_RAD, Shell

HEAD_M = 2.0
"""What hangs from the ceiling stays above this."""
LARGE_M = 1.0
"""An addition of the user's that is longer than this goes to its wall before the pieces that a room can do without."""
NO_STOCK = Stock()


def furnish(
    rng: np.random.Generator, shell: Shell, palette: Palette, programme: Programme, stock: Stock = NO_STOCK
) -> list[Placed]:
    """Fills a room. One that lacks what its programme needs is left without its small things: nobody will keep it."""
    room = Room(shell)
    if shell.width_m * shell.depth_m >= programme.table_from_m2:
        _dining_group(rng, room, palette, stock)
    wanted = int(rng.integers(*programme.wanted))
    others = [programme.others[int(k)] for k in rng.permutation(len(programme.others))]
    makes = [*programme.first, *others][:wanted]
    _in_turn(rng, room, palette, programme, stock, makes[: len(programme.first)])
    extras = stock.extras(rng)
    for piece in extras:
        if _is_large(piece):  # after the others it would find its wall taken
            _along_walls(rng, room, piece, programme)
    _in_turn(rng, room, palette, programme, stock, makes[len(programme.first) :])
    for piece in extras:
        if not _is_large(piece):
            _along_walls(rng, room, piece, programme)
    if programme.lacks({item.piece.category for item in room.placed}):
        return room.placed
    _on_tops(rng, room, palette, programme, stock)
    _on_walls(rng, room, palette, programme, stock)
    _on_ceiling(rng, room, palette, stock)
    return room.placed


def _in_turn(
    rng: np.random.Generator, room: Room, palette: Palette, programme: Programme, stock: Stock, makes: Sequence[Make]
) -> None:
    """Pieces against walls with what usually stands with them."""
    for make in makes:
        for piece in stock.choices(rng, make(rng, palette)):
            placed = _along_walls(rng, room, piece, programme)
            if placed is not None:
                _companions(rng, room, palette, placed, stock)
                break


def _is_large(piece: Piece) -> bool:
    width, _, depth = piece.size_m()
    return max(width, depth) > LARGE_M


def _along_walls(rng: np.random.Generator, room: Room, piece: Piece, programme: Programme) -> Placed | None:
    """The piece against a wall, opposite the sofa where it belongs there, with what it carries."""
    categories = {piece.category, *(load.category for load, _, _ in piece.carries)}
    placed = _opposite_sofa(room, piece) if categories & set(programme.faces_sofa) else None
    placed = placed or _against_wall(rng, room, piece)
    if placed is not None:
        index = len(room.placed) - 1
        for load, right, front in piece.carries:
            x, _, z = _beside(placed, right, front)
            room.placed.append(Placed(load, (x, piece.tops[0][0], z), placed.yaw_rad, str(index)))
    return placed


def _against_wall(rng: np.random.Generator, room: Room, piece: Piece) -> Placed | None:
    width, _, depth = piece.size_m()
    for _ in range(30):
        wall = int(rng.integers(4))
        reach = room.shell.wall_length_m(wall) / 2 - width / 2 - 0.05
        if reach <= 0:
            continue
        # furniture likes corners and middles more than the places between
        u = float(rng.choice([-reach, reach, 0.0, rng.uniform(-reach, reach)], p=[0.25, 0.25, 0.15, 0.35]))
        x, z = room.shell.wall_place(wall, u, depth / 2 + 0.05)
        turn = rng.uniform(-0.3, 0.3) if piece.category in ("plant", "bean bag", "armchair") else 0.0
        placed = Placed(piece, (x, 0.0, z), WALL_YAW_RAD[wall] + turn, "floor")
        if room.add(placed):
            return placed
    return None


def _opposite_sofa(room: Room, piece: Piece) -> Placed | None:
    """Against the wall that the first sofa looks at, as straight before it as there is room."""
    for sofa in (other for other in room.placed if other.piece.category == "sofa"):
        facing = int(np.argmin(np.abs(np.sin((np.array(WALL_YAW_RAD) - sofa.yaw_rad) / 2))))
        x, _, z = sofa.position_m
        wall, u = (facing + 2) % 4, -(x, z, -x, -z)[facing]
        depth = piece.size_m()[2]
        for aside in (0.0, -0.3, 0.3, -0.6, 0.6, -0.9, 0.9):
            place = room.shell.wall_place(wall, u + aside, depth / 2 + 0.05)
            placed = Placed(piece, (place[0], 0.0, place[1]), WALL_YAW_RAD[wall], "floor")
            if room.add(placed):
                return placed
    return None


def _beside(anchor: Placed, right_m: float, front_m: float) -> tuple[float, float, float]:
    """A place given in the frame of `anchor`."""
    x, _, z = yaw_matrix(anchor.yaw_rad) @ np.array([right_m, 0.0, front_m]) + np.asarray(anchor.position_m)
    return float(x), 0.0, float(z)


def _companions(rng: np.random.Generator, room: Room, palette: Palette, anchor: Placed, stock: Stock) -> None:
    """What usually stands with a piece: a table before the sofa, a chair at the desk."""
    width, _, depth = anchor.piece.size_m()
    category = anchor.piece.category
    if category == "sofa":
        for table in stock.choices(rng, furniture.coffee_table(rng, palette)):
            away = depth / 2 + 0.42 + table.size_m()[2] / 2
            if room.add(Placed(table, _beside(anchor, 0.0, away), anchor.yaw_rad, "floor")):
                if rng.random() < 0.8:
                    _rug(rng, room, palette, anchor, away, (width + 0.2, 1.5), stock)
                break
    elif category == "desk":
        for seat in stock.choices(rng, furniture.chair(rng, palette)):
            place = _beside(anchor, -0.1, depth / 2 + seat.size_m()[2] / 2 + 0.06)
            if room.add(Placed(seat, place, anchor.yaw_rad + np.pi + rng.uniform(-0.25, 0.25), "floor")):
                break
    elif category == "bed":
        for side in (-1, 1):
            for stand in stock.choices(rng, furniture.nightstand(rng, palette)):
                offset = width / 2 + stand.size_m()[0] / 2 + 0.06
                place = _beside(anchor, side * offset, -depth / 2 + stand.size_m()[2] / 2 + 0.02)
                if room.add(Placed(stand, place, anchor.yaw_rad, "floor")):
                    break
        _rug(rng, room, palette, anchor, depth / 2 - 0.1, (width + 0.9, 1.4), stock)
    elif category == "armchair" and rng.random() < 0.5:
        rest = stock.choices(rng, furniture.ottoman(rng, palette))[0]
        room.add(Placed(rest, _beside(anchor, 0.0, depth / 2 + rest.size_m()[2] / 2 + 0.12), anchor.yaw_rad, "floor"))


def _dining_group(rng: np.random.Generator, room: Room, palette: Palette, stock: Stock) -> None:
    for table in stock.choices(rng, furniture.dining_table(rng, palette)):
        anchor = _in_the_middle(rng, room, table)
        if anchor is not None:
            break
    else:
        return
    width, _, depth = table.size_m()
    look = _that_fits(room, anchor, stock.choices(rng, furniture.chair(rng, palette)))
    seats = 2 if width >= 2 * look.size_m()[0] + 0.1 else 1  # a small table has one chair a side
    for side in (-1, 1):
        for k in (-1, 1)[:seats]:
            along = k * width / 4 if seats == 2 else 0.0
            place = _beside(anchor, along, side * (depth / 2 + look.size_m()[2] / 2 + rng.uniform(0.03, 0.12)))
            turn = 0.0 if side < 0 else np.pi
            room.add(Placed(look, place, anchor.yaw_rad + turn + rng.uniform(-0.15, 0.15), "floor"))
    if rng.random() < 0.6:
        _rug(rng, room, palette, anchor, 0.0, (width + 1.2, depth + 1.2), stock)


def _that_fits(room: Room, table: Placed, chairs: list[Piece]) -> Piece:
    """The first chair that has room somewhere at the table; the last if none has."""
    for chair in chairs[:-1]:
        away = table.piece.size_m()[2] / 2 + chair.size_m()[2] / 2 + 0.1
        for side, turn in ((-1, 0.0), (1, np.pi)):
            if room.add(Placed(chair, _beside(table, 0.0, side * away), table.yaw_rad + turn, "floor")):
                room.placed.pop()
                return chair
    return chairs[-1]


def _in_the_middle(rng: np.random.Generator, room: Room, table: Piece) -> Placed | None:
    shell = room.shell
    for _ in range(20):
        x, z = rng.uniform(-0.15, 0.15) * shell.width_m, rng.uniform(-0.15, 0.15) * shell.depth_m
        anchor = Placed(
            table, (float(x), 0.0, float(z)), float(rng.choice([0.0, np.pi / 2])) + rng.uniform(-0.08, 0.08), "floor"
        )
        if room.add(anchor):
            return anchor
    return None


def _rug(
    rng: np.random.Generator,
    room: Room,
    palette: Palette,
    anchor: Placed,
    front_m: float,
    size_m: tuple[float, float],
    stock: Stock,
) -> None:
    """At most one rug a room: two would lie in the same plane."""
    if any(other.piece.category == "rug" for other in room.placed):
        return
    x, _, z = _beside(anchor, 0.0, front_m)
    inside = np.array([room.shell.width_m, room.shell.depth_m]) / 2 - 0.03
    for piece in stock.choices(rng, trinkets.floor_rug(rng, palette, *size_m)):
        rug = Placed(piece, (x, 0.001, z), anchor.yaw_rad, "floor")
        if np.all(np.abs(rug.footprint_m()) < inside):
            room.placed.append(rug)
            return


def _on_tops(rng: np.random.Generator, room: Room, palette: Palette, programme: Programme, stock: Stock) -> None:
    """Small things in a row on tables and cupboards, unless these carry something already."""
    for index, anchor in enumerate(list(room.placed)):
        for height, width, depth in () if anchor.piece.carries else anchor.piece.tops:
            edge = -width / 2
            for _ in range(int(rng.integers(1, 4))):
                pieces = stock.small(rng, programme.small[int(rng.integers(len(programme.small)))](rng, palette))
                edge += rng.uniform(0.02, 0.15)
                fitting = [p for p in pieces if edge + p.size_m()[0] <= width / 2 and p.size_m()[2] <= depth]
                if not fitting:
                    break
                piece = fitting[0]
                wide, _, deep = piece.size_m()
                slack = (depth - deep) / 2
                x, _, z = _beside(anchor, edge + wide / 2, float(rng.uniform(-slack, slack)))
                room.placed.append(Placed(piece, (x, height + anchor.position_m[1], z), anchor.yaw_rad, str(index)))
                edge += wide


def _on_walls(rng: np.random.Generator, room: Room, palette: Palette, programme: Programme, stock: Stock) -> None:
    """Paintings and a clock where the wall is empty."""
    hung: list[tuple[int, float, float]] = []
    clocks = 0
    for _ in range(int(rng.integers(*programme.pictures))):
        clock = rng.random() < 0.25 and clocks < programme.clocks
        clocks += clock
        piece = trinkets.clock(rng, palette) if clock else trinkets.painting(rng, palette)
        piece = stock.hung(rng, piece)[0]
        width, height, _ = piece.size_m()
        # a tall mirror hangs lower than a picture
        highest = max(0.15, room.shell.height_m - 0.3 - height) if piece.file else np.inf
        for _ in range(12):
            wall, y = int(rng.integers(4)), min(float(rng.uniform(1.25, 1.45)), highest)
            reach = room.shell.wall_length_m(wall) / 2 - width / 2 - 0.15
            if reach <= 0:
                continue
            u = float(rng.uniform(-reach, reach))
            if _wall_is_free(room, wall, u, width / 2, y, hung) and y + height < room.shell.height_m - 0.1:
                x, z = room.shell.wall_place(wall, u, 0.001)
                room.placed.append(Placed(piece, (x, y, z), WALL_YAW_RAD[wall], "wall"))
                hung.append((wall, u, width / 2))
                break


def _wall_is_free(
    room: Room, wall: int, u_m: float, half_m: float, y_m: float, hung: list[tuple[int, float, float]]
) -> bool:
    if any(w == wall and abs(u - u_m) < half_m + other + 0.12 for w, u, other in hung):
        return False
    for opening in room.shell.openings:
        if opening.wall == wall and abs(opening.u_m - u_m) < half_m + opening.width_m / 2 + 0.15:
            return False
    x, z = room.shell.wall_place(wall, u_m, 0.2)
    half = np.array([half_m, 0.2] if wall % 2 == 0 else [0.2, half_m])
    zone = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half + (x, z)
    for other in room.placed:
        top = other.position_m[1] + other.piece.size_m()[1]
        if top > y_m - 0.05 and other.piece.category != "rug" and rectangles_meet(zone, other.footprint_m()):
            return False
    return True


def _on_ceiling(rng: np.random.Generator, room: Room, palette: Palette, stock: Stock) -> None:
    """One lamp in the middle; it hangs only where it stays above heads."""
    x, z = rng.uniform(-0.1, 0.1) * room.shell.width_m, rng.uniform(-0.1, 0.1) * room.shell.depth_m
    if room.shell.height_m > 2.6 and rng.random() < 0.6:
        piece = trinkets.pendant(rng, palette, room.shell.height_m - 2.35)
    else:
        piece = trinkets.ceiling_disc(rng, palette)
    hung = [each for each in stock.choices(rng, piece, "ceiling") if room.shell.height_m - _drop_m(each) >= HEAD_M]
    piece = hung[0] if hung else piece
    room.placed.append(Placed(piece, (float(x), room.shell.height_m, float(z)), 0.0, "ceiling"))


def _drop_m(piece: Piece) -> float:
    return -min(float(part.vertices_m[:, 1].min()) for part in piece.parts)
