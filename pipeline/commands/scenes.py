"""`v4s scenes`: list, show and preview 3D scenes before a run renders them.

A scene is named as a recipe names it: a .glb file, a Habitat scene dataset (#SCENE), a folder of these; or by its seed:
`house:7`, `room:3`. `list` takes recipes too.
"""

import argparse
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from video4spatial.pipeline.commands.program import program
from video4spatial.pipeline.commands.recipe_file import load_recipe
from video4spatial.pipeline.commands.record import add_overwrite, refuse_existing
from video4spatial.pipeline.core.errors import ConfigError, RunFailed, SourceError
from video4spatial.pipeline.core.files import write_atomic
from video4spatial.pipeline.report.recording import check_rerun, write_recording
from video4spatial.pipeline.report.scene_index import IndexEntry, index_page
from video4spatial.sim_scenes.addresses import FORMS, NamedScene, configured_scenes, named_scenes
from video4spatial.sim_scenes.assets.library import SourceFolders, open_library
from video4spatial.sim_scenes.assets.usage import told_usage
from video4spatial.sim_scenes.config import WalkConfig
from video4spatial.sim_scenes.place import load_place
from video4spatial.sim_scenes.sources import asset_folders, scene_name
from video4spatial.sim_scenes.survey import SceneFacts, survey


def register(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb and its own verbs."""
    parser = verbs.add_parser("scenes", help="list, show and preview 3D scenes", description=__doc__)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="one line a scene: size, rooms, objects, triangles, lamps, floor to walk")
    listing.add_argument("what", nargs="+", metavar="RECIPE|SCENE", help=f"a recipe (.yaml), or {FORMS}")
    listing.add_argument("--json", action="store_true", help="for machines")
    listing.set_defaults(run=run_list)
    show = actions.add_parser("show", help="one scene: its rooms, objects, lights and memory")
    show.add_argument("scene", metavar="SCENE", help=FORMS)
    show.add_argument("--json", action="store_true", help="for machines")
    show.set_defaults(run=run_show)
    preview = actions.add_parser("preview", help="plan and pictures of the rooms, as files")
    preview.add_argument("scenes", nargs="+", metavar="SCENE", help=FORMS)
    preview.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the files; made if missing")
    preview.add_argument("--walk", action="store_true", help="also a walk of 8 s at 24 frames/s, as mp4")
    preview.add_argument("--rrd", action="store_true", help="also the walk as a Rerun recording")
    add_overwrite(preview)
    preview.set_defaults(run=run_preview)


def run_list(options: argparse.Namespace) -> int:
    """Scenes as they are measured, one by one. Exit 1 when one cannot be used."""
    scenes = [scene for what in options.what for scene in _listed(what)]
    width = min(64, max((len(named.address) for named, _ in scenes), default=0))
    rows: list[dict[str, Any]] = []
    if not options.json:
        print(_HEAD.format("SCENE", w=width))
    furnished: dict[SourceFolders, list[dict[str, Any]]] = {}
    for named, walk in scenes:
        rows.append(_row(named, walk))
        if "assets" in rows[-1] and named.source is not None:
            furnished.setdefault(asset_folders(named.source), []).append(rows[-1]["assets"])
        if not options.json:
            print(_line(rows[-1], width), flush=True)
    if options.json:
        print(json.dumps(rows))
    for folders, assets in furnished.items() if not options.json else ():
        print("\n" + "\n".join(told_usage(open_library(folders).catalogue, assets)))
    if broken := sum("problem" in row for row in rows):
        raise RunFailed(f"{broken} of {len(rows)} scenes cannot be used; their lines say why")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """The tables of one scene."""
    named = _one(options.scene)
    assert named.source is not None
    walker = WalkConfig()
    facts = survey(load_place(named.source, walker.radius_m, walker.eye_height_m[1]), walker.radius_m)
    if options.json:
        tables = {"rooms": facts.rooms, "objects": facts.objects, "lighting": facts.lighting}
        measures = {"floor_m": facts.floor_m, "memory_mib": facts.memory_mib}
        print(json.dumps({"scene": named.address, **_summary(named, facts), **measures, **tables}))
        return 0
    _print_facts(named, facts)
    return 0


def run_preview(options: argparse.Namespace) -> int:
    """Writes plan and pictures of each scene, and a page when there are several. Exit 1 when one cannot be used."""
    if options.rrd:
        check_rerun()
    scenes = [named for address in options.scenes for named in named_scenes(address)]
    if len(scenes) == 1 and scenes[0].source is None:
        raise SourceError(scenes[0].problem, reason="unreadable_scene")
    if options.out.exists() and not options.out.is_dir():
        raise ConfigError(f"--out {options.out} is a file; name a folder")
    wanted = [path for named in scenes for path in _files(named, options).values()]
    index = options.out / "index.html"
    refuse_existing([*wanted, *([index] if len(scenes) > 1 else [])], options.overwrite)
    entries = [_preview(named, options) for named in scenes]
    if len(scenes) > 1:
        write_atomic(index, index_page(entries).encode())
        print(index)
    if broken := sum(not entry.views for entry in entries):
        raise RunFailed(f"{broken} of {len(scenes)} scenes cannot be used; their lines say why")
    return 0


def _listed(what: str) -> Iterator[tuple[NamedScene, WalkConfig]]:
    """The scenes of an argument and who walks in them."""
    if not what.endswith((".yaml", ".yml")):
        yield from ((named, WalkConfig()) for named in named_scenes(what))
        return
    recipe = load_recipe(Path(what)).recipe
    if recipe.sim is None:
        raise ConfigError(f"{what} has no 'sim' part: there are no scenes to list")
    walk = recipe.sim.views[0].walk
    yield from ((named, walk) for named in configured_scenes(recipe.sim, recipe.seed))


def _row(named: NamedScene, walk: WalkConfig) -> dict[str, Any]:
    """What the list says of a scene; `problem` in place of numbers where it cannot be used."""
    if named.source is None:
        return {"scene": named.address, "kind": named.origin, "problem": named.problem}
    try:
        place = load_place(named.source, walk.radius_m, walk.eye_height_m[1])
    except SourceError as error:
        return {"scene": named.address, "kind": named.origin, "problem": str(error), "reason": error.reason}
    row = {"scene": named.address, **_summary(named, survey(place, walk.radius_m))}
    return {**row, "assets": place.assets} if place.assets else row


def _summary(named: NamedScene, facts: SceneFacts) -> dict[str, Any]:
    return {**facts.summary(), "kind": named.origin}


_HEAD = "{:{w}s} KIND      SIZE m (x y z)  ROOMS OBJECTS TRIANGLES LAMPS WALK m2"


def _line(row: dict[str, Any], width: int) -> str:
    name = _end_of(row["scene"], width)
    if "problem" in row:
        return f"{name:{width}s} {row['kind']:7s} UNUSABLE {' '.join(row['problem'].split())}"
    size = " x ".join(f"{side:.1f}" for side in row["size_m"])
    rooms = "-" if row["rooms"] is None else str(row["rooms"])
    return (
        f"{name:{width}s} {row['kind']:7s} {size:>17s} {rooms:>5s} {row['objects']:7d} {row['triangles']:9d} "
        f"{row['lamps']:5d} {row['walkable_m2']:7.1f}"
    )


def _end_of(text: str, width: int) -> str:
    """The end tells files apart."""
    return text if len(text) <= width else "..." + text[3 - width :]


def _one(address: str) -> NamedScene:
    """The scene that is meant. Raises ConfigError when there are several, SourceError when it cannot be used."""
    found = named_scenes(address)
    if len(found) > 1:
        some = ", ".join(named.address for named in found[:6]) + (", ..." if len(found) > 6 else "")
        raise ConfigError(f"{address} names {len(found)} scenes; name one of them: {some}")
    if found[0].source is None:
        raise SourceError(found[0].problem, reason="unreadable_scene")
    return found[0]


def _print_facts(named: NamedScene, facts: SceneFacts) -> None:
    size = " x ".join(f"{side:g}" for side in facts.size_m)
    print(f"{facts.name}  {named.origin}{'' if facts.kind in ('file', 'house') else ' ' + facts.kind}")
    print(f"  size      {size} m (x, y, z); floor at {facts.floor_m:g} m; {facts.walkable_m2:g} m2 to walk")
    print(f"  geometry  {facts.triangles} triangles, {len(facts.objects)} objects")
    print(f"  memory    {facts.memory_mib['triangles']:g} MiB triangles, {facts.memory_mib['textures']:g} MiB textures")
    print(f"  lights    {_lights(facts)}")
    if facts.rooms:
        print(f"\n{'ROOM':16s} {'SIZE m':>11s} {'HEIGHT':>6s} {'DOORS':>5s} {'WINDOWS':>7s} {'OBJECTS':>7s}")
    for room in facts.rooms:
        size = " x ".join(f"{side:.1f}" for side in room["size_m"])
        counts = f"{room['doors']:5d} {room['windows']:7d} {room['objects']:7d}"
        print(f"{room['name']:16s} {size:>11s} {room['height_m']:6.2f} {counts}")
    print(f"\n{'ID':>4s} {'CATEGORY':20s} {'SIZE m (x y z)':>18s} {'CENTRE m':>20s} {'ROOM':14s} WORDS")
    for thing in facts.objects:
        size = " x ".join(f"{side:.2f}" for side in thing["size_m"])
        centre = " ".join(f"{at:6.2f}" for at in thing["centre_m"])
        row = f"{thing['id']:4d} {thing['category'][:20]:20s} {size:>18s} {centre:>20s} {thing['room'] or '-':14s}"
        print(f"{row} {', '.join(thing['words'])}")


def _lights(facts: SceneFacts) -> str:
    if facts.lighting is None:
        return "none: it is shown unlit, as its files ask for"
    lit = len(facts.lighting["lamps"])
    sun = "with sun" if facts.lighting["sun"] else "without sun"
    return f"{facts.lamps} lamps; {lit} lights on now (daylight of windows counts), {sun}"


def _files(named: NamedScene, options: argparse.Namespace) -> dict[str, Path]:
    """What is written of a scene."""
    if named.source is None:
        return {}
    names = {"plan": "plan.png", "views": "views.jpg"}
    names |= ({"walk": "walk.mp4"} if options.walk else {}) | ({"rrd": "walk.rrd"} if options.rrd else {})
    return {what: options.out / f"{scene_name(named.source)}.{ending}" for what, ending in names.items()}


def _preview(named: NamedScene, options: argparse.Namespace) -> IndexEntry:
    """Makes the files of a scene; an entry without pictures when it cannot be used."""
    from video4spatial.sim_scenes.preview import preview_scene

    problem = named.problem
    if named.source is not None:
        try:
            made = preview_scene(named.source, walk=options.walk, recording=options.rrd)
        except SourceError as error:
            problem = str(error)
    if problem or named.source is None:
        print(f"{named.address}: UNUSABLE {problem}", flush=True)
        return IndexEntry(name=named.address, summary=problem)
    files = _files(named, options)
    write_atomic(files["plan"], made.plan_png)
    write_atomic(files["views"], made.views_jpg)
    if made.walk_mp4 is not None:
        write_atomic(files["walk"], made.walk_mp4)
    if made.recording is not None:
        write_recording(files["rrd"], scene_name(named.source), made.recording)
    print(f"{named.address}: {', '.join(str(path) for path in files.values())}", flush=True)
    shown = {"plan": files["plan"].name, "views": files["views"].name}
    film = files["walk"].name if options.walk else ""
    return IndexEntry(name=scene_name(named.source), summary=_in_words(named, made.facts), film=film, **shown)


def _in_words(named: NamedScene, facts: SceneFacts) -> str:
    rooms = f"{len(facts.rooms)} rooms, " if len(facts.rooms) > 1 else ""
    counts = f"{rooms}{len(facts.objects)} objects, {facts.triangles} triangles, {facts.walkable_m2:g} m2 to walk"
    return f"{counts}; all of it: {program()} scenes show {shlex.quote(named.address)}"
