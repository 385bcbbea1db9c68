"""Settings from plain JSON. Unseen: a typo that is ignored, a nested group that stays a dict."""

from dataclasses import dataclass

import pytest

from video4spatial.pipeline.core.errors import ConfigError
from video4spatial.pipeline.core.settings import Settings, from_plain, to_plain


@dataclass(frozen=True, kw_only=True)
class Inner(Settings):
    size_px: int = 3

    def __post_init__(self) -> None:
        if self.size_px < 1:
            raise ConfigError("size_px must be at least 1")


@dataclass(frozen=True, kw_only=True)
class Outer(Settings):
    one: Inner = Inner()
    perhaps: Inner | None = None
    many: tuple[Inner, ...] = ()
    pair: tuple[float, float] = (0.0, 1.0)
    name: str = "x"


def test_what_was_written_plain_comes_back_as_it_was() -> None:
    value = Outer(one=Inner(size_px=5), perhaps=Inner(), many=(Inner(size_px=1), Inner(size_px=2)), pair=(2.0, 3.0))
    assert from_plain(Outer, to_plain(value)) == value
    assert from_plain(Outer, {}) == Outer()


def test_a_typo_is_refused_with_the_nearest_name_at_any_depth() -> None:
    with pytest.raises(ConfigError, match=r"Outer has no setting 'nane'; did you mean 'name'\?"):
        from_plain(Outer, {"nane": "y"})
    with pytest.raises(ConfigError, match="Inner has no setting 'size'"):
        from_plain(Outer, {"many": [{"size": 2}]})
    with pytest.raises(ConfigError, match="Outer must be a group of settings, got 3"):
        from_plain(Outer, 3)


def test_the_class_checks_its_own_values() -> None:
    with pytest.raises(ConfigError, match="size_px must be at least 1"):
        from_plain(Outer, {"one": {"size_px": 0}})
