"""What a unit records of its settings. If this breaks, every store is made again after an update."""

from dataclasses import dataclass, field

from pydantic import TypeAdapter

from video4spatial.pipeline.core.settings import Settings, fingerprint, to_plain
from video4spatial.sim_scenes.config import SimConfig
from video4spatial.sim_scenes.sources import room_source
from video4spatial.sim_scenes.stage import SimulateStage
from video4spatial.sim_scenes.unit_settings import ADDED, unit_settings

FIRST = "b42e48007133c32b5eec0b5affab025b43b3c38616eb4c7da0c8cf199d264090"


@dataclass(frozen=True, kw_only=True)
class Inner(Settings):
    old: int = 1
    new: float = field(default=0.0, metadata=ADDED)


@dataclass(frozen=True, kw_only=True)
class Outer(Settings):
    names: tuple[str, ...] = ("a",)
    inner: tuple[Inner, ...] = (Inner(),)
    later: Inner = field(default_factory=Inner, metadata=ADDED)


def test_an_added_setting_is_left_out_while_it_has_its_default() -> None:
    assert unit_settings(Outer()) == {"names": ["a"], "inner": [{"old": 1}]}
    assert unit_settings(Outer(), exclude=("names",)) == {"inner": [{"old": 1}]}


def test_an_added_setting_with_another_value_is_recorded_at_any_depth() -> None:
    changed = Outer(inner=(Inner(new=0.5), Inner()), later=Inner(old=2))
    assert unit_settings(changed) == {
        "names": ["a"],
        "inner": [{"old": 1, "new": 0.5}, {"old": 1}],
        "later": {"old": 2},
    }


def test_a_recipe_may_set_an_added_setting() -> None:
    read = TypeAdapter(Outer).validate_python({"inner": [{"new": 0.25}]})
    assert read == Outer(inner=(Inner(new=0.25),))


def test_settings_without_added_fields_are_recorded_whole() -> None:
    whole = {"names": ["a"], "inner": [{"old": 1, "new": 0.5}], "later": {"old": 3, "new": 2.0}}
    assert unit_settings(Outer(inner=(Inner(new=0.5),), later=Inner(old=3, new=2.0))) == whole
    assert set(to_plain(SimConfig())) >= set(unit_settings(SimConfig()))


def test_units_of_the_first_recipes_keep_their_ids() -> None:
    """The fingerprint of the defaults as first released. A new setting that moves it lacks `metadata=ADDED`."""
    stage = SimulateStage(config=SimConfig(renderer="embedded"), scene_folder="")
    (unit,) = stage.units([room_source(0)], seed=0)
    assert fingerprint(unit.settings) == FIRST
