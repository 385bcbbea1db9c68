"""The user's folders, looked through before a run starts: which files are of use, for what, and why the rest is not.

`sim.objects`, `sim.textures` ─▶ [survey] ─▶ Catalogue (files by kind, what is left out, digest) ─▶ library.py

Reads every file once to hash it, and the header of each. What only decoding can tell (a damaged texture inside a GLB)
library.py finds when the file is needed.
"""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from video4spatial.pipeline.core.errors import ConfigError, SourceError
from video4spatial.pipeline.core.files import sha256_file
from video4spatial.pipeline.core.settings import fingerprint
from video4spatial.sim_scenes.assets.header import extent_of, triangles_of, words_inside
from video4spatial.sim_scenes.assets.names import kinds_of
from video4spatial.sim_scenes.assets.notes import ObjectNote, TextureNote, read_notes
from video4spatial.sim_scenes.assets.pictures import picture_size
from video4spatial.sim_scenes.assets.sizes import described, readings
from video4spatial.sim_scenes.assets.surfaces import map_of, surface_of
from video4spatial.sim_scenes.assets.vocabulary import Kind
from video4spatial.sim_scenes.glb import check_glb

VERSION = 2
"""Part of the identity of every room and house made with assets: raise it when the same files give other pieces."""
MODELS = (".glb", ".gltf", ".obj", ".fbx", ".dae", ".ply", ".stl", ".usd", ".usdz", ".usda", ".usdc", ".blend", ".3ds")
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".tga")
UNREADABLE = (".exr", ".hdr", ".dds", ".ktx", ".ktx2", ".psd", ".avif", ".heic", ".jxl", ".svg", ".gif")
MOST_BYTES = 256 * 1024**2
MOST_TRIANGLES = 150_000
"""Of one object: a house holds dozens."""
NAMED = 12
"""Left-out files that the log line names; all of them stand in or beside each scene's plan.json."""


@dataclass(frozen=True)
class ObjectFile:
    """A GLB that can furnish a room."""

    name: str
    path: str
    sha256: str
    kind: Kind
    kinds: tuple[tuple[Kind, ...], ...]
    """What its name allows; `kind` is what its size makes of it."""
    note: ObjectNote


@dataclass(frozen=True)
class TextureFile:
    """A picture that can cover something."""

    name: str
    path: str
    sha256: str
    uses: tuple[str, ...]
    metres: float
    """Of one repeat along its width."""
    size_px: tuple[int, int]
    note: TextureNote


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All that the folders offer."""

    objects: tuple[ObjectFile, ...] = ()
    textures: tuple[TextureFile, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    """Why, by file."""
    digests: dict[str, str] = field(default_factory=dict)
    """sha256 over names and bytes of the files in use and of their notes, for `objects` and `textures` if given."""


File = TypeVar("File", ObjectFile, TextureFile)


def survey(objects: tuple[str, ...], textures: tuple[str, ...]) -> Catalogue:
    """Looks through the folders. Raises ConfigError for a folder that is missing or offers nothing, and for notes that
    cannot be meant."""
    left_out: dict[str, str] = {}
    digests: dict[str, str] = {}
    found_objects = _folders("objects", objects, _objects, left_out, digests)
    found_textures = _folders("textures", textures, _textures, left_out, digests)
    return Catalogue(tuple(found_objects), tuple(found_textures), left_out, digests)


def summary(catalogue: Catalogue) -> str:
    """One line for people: how many files are used, of what, and what is left out and why."""
    said = []
    if catalogue.objects:
        counts = Counter(entry.kind.category for entry in catalogue.objects)
        kinds = ", ".join(f"{count} {category}" for category, count in sorted(counts.items()))
        said.append(f"{len(catalogue.objects)} objects ({kinds})")
    if catalogue.textures:
        said.append(f"{len(catalogue.textures)} textures")
    line = f"rooms and houses are furnished from {' and '.join(said)}"
    if catalogue.left_out:
        shown = [f"{name} ({why})" for name, why in list(catalogue.left_out.items())[:NAMED]]
        more = len(catalogue.left_out) - len(shown)
        line += f"; left out: {', '.join(shown)}" + (f" and {more} more, all in each scene's plan" if more else "")
    return line


def listed(folder: Path) -> list[str]:
    """Files under `folder`, relative and sorted, without hidden ones."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [(Path(place) / name).relative_to(folder).as_posix() for name in files if not name.startswith(".")]
    return sorted(found)


def _folders(
    setting: str,
    folders: tuple[str, ...],
    look: Callable[[Path, str, dict[str, str]], tuple[list[File], list[str]]],
    left_out: dict[str, str],
    digests: dict[str, str],
) -> list[File]:
    """The files of all folders of one setting; with several, their names begin with the folder's number."""
    entries: list[File] = []
    hashed: dict[str, str] = {}
    for number, given in enumerate(folders):
        folder, prefix = Path(given), f"{number}/" if len(folders) > 1 else ""
        if not folder.is_dir():
            raise ConfigError(
                f"simulation.{setting}: {given} is not a folder; give the folder that holds your {setting}"
            )
        found, notes = look(folder, prefix, left_out)
        if not found:
            raise ConfigError(f"simulation.{setting}: {given} has nothing to use{_why_not(left_out, prefix)}")
        entries += found
        hashed |= {entry.name: entry.sha256 for entry in found}
        hashed |= {prefix + name: sha256_file(folder / name) for name in notes}
    if folders:
        digests[setting] = fingerprint({"version": VERSION, "files": hashed})
    return entries


def _why_not(left_out: dict[str, str], prefix: str) -> str:
    mine = [(name, why) for name, why in left_out.items() if name.startswith(prefix)]
    return f": {mine[0][0]} {mine[0][1]}" + (f" (and {len(mine) - 1} more)" if len(mine) > 1 else "") if mine else ""


def _objects(folder: Path, prefix: str, left_out: dict[str, str]) -> tuple[list[ObjectFile], list[str]]:
    names = [name for name in listed(folder) if name.lower().endswith(MODELS)]
    notes, note_files = read_notes(folder, names, "objects", ObjectNote)
    found = []
    for name in names:
        entry = _object(folder / name, prefix + name, notes.get(name, ObjectNote()))
        if isinstance(entry, str):
            left_out[prefix + name] = entry
        else:
            found.append(entry)
    return found, note_files


def _object(path: Path, name: str, note: ObjectNote) -> ObjectFile | str:
    """The entry, or why there is none."""
    if note.skip:
        return "its note says skip"
    if not name.lower().endswith(".glb"):
        return "not a GLB; export it as glTF binary"
    try:
        if path.stat().st_size > MOST_BYTES:
            return f"larger than {MOST_BYTES // 1024**2} MiB"
        document = check_glb(path)
        digest = sha256_file(path)
    except (ConfigError, OSError, RecursionError) as error:
        return _reason(str(error), path.name)
    if (triangles := triangles_of(document)) > MOST_TRIANGLES:
        return f"{triangles} triangles, at most {MOST_TRIANGLES} are taken"
    extent = extent_of(document)
    if extent is None:
        return "its header does not tell its size"
    kinds = _kinds(name, document, note)
    if not kinds:
        return "its name tells no kind of thing; give its category in objects.yaml"
    found = readings(extent, kinds, note)
    if not found:
        return f"{described(extent)} is no size for a {kinds[0][0].category}; give scale or up in objects.yaml"
    if found[0].kind.stands == "ceiling" and found[0].kind.category != "ceiling lamp":
        return "only lamps hang from ceilings"
    return ObjectFile(name, str(path), digest, found[0].kind, kinds, note)


def _kinds(name: str, document: object, note: ObjectNote) -> tuple[tuple[Kind, ...], ...]:
    """By the note, else the file's name, else the names inside."""
    if note.category:
        said = kinds_of(note.category)[:1]
        return tuple(tuple(_as_noted(kind, note) for kind in group) for group in said) or ((_unheard_of(note),),)
    inside = words_inside(document)  # type: ignore[arg-type]
    for text in (Path(name).stem, *inside, Path(name).parent.name):
        if kinds := kinds_of(text):
            return tuple(tuple(_as_noted(kind, note) for kind in group) for group in kinds)
    return ()


def _as_noted(kind: Kind, note: ObjectNote) -> Kind:
    """The kind, standing where the note wants it. There it takes nobody's place."""
    if not note.stands or note.stands == kind.stands:
        return kind
    return replace(kind, stands=note.stands, slots=(), rooms=kind.rooms)  # type: ignore[arg-type]


def _unheard_of(note: ObjectNote) -> Kind:
    """A category that the vocabulary does not have: of any size that fits where it stands."""
    stands = note.stands or "floor"
    span = {"floor": (0.1, 3.0), "table": (0.03, 0.8), "bed": (0.03, 1.6)}.get(stands, (0.03, 2.5))
    height = {"floor": (0.02, 2.3), "table": (0.005, 0.9), "bed": (0.005, 0.7)}.get(stands, (0.03, 1.8))
    category = " ".join(note.category.lower().split())
    return Kind(category, (category,), span, height, stands=stands)  # type: ignore[arg-type]


def _reason(message: str, file: str) -> str:
    """A message about a file without the file's name: it stands beside it."""
    return message.removeprefix(f"{file} ").split("; ")[0].removeprefix("is ")


def _textures(folder: Path, prefix: str, left_out: dict[str, str]) -> tuple[list[TextureFile], list[str]]:
    names = [name for name in listed(folder) if name.lower().endswith((*PICTURES, *UNREADABLE))]
    notes, note_files = read_notes(folder, names, "textures", TextureNote)
    found = []
    for name in names:
        entry = _texture(folder / name, prefix + name, notes.get(name, TextureNote()))
        if isinstance(entry, str):
            left_out[prefix + name] = entry
        else:
            found.append(entry)
    return found, note_files


def _texture(path: Path, name: str, note: TextureNote) -> TextureFile | str:
    """The entry, or why there is none."""
    if note.skip:
        return "its note says skip"
    if name.lower().endswith(UNREADABLE):
        return "not a format that is read here; save it as PNG or JPEG"
    stem = Path(name).stem
    if not note.use and (kind := map_of(stem)):
        return f"a {kind} map, not a colour"
    surface = surface_of(stem)
    uses = note.use or (surface.uses if surface else ())
    if not uses:
        return "its name tells no surface; give its use in textures.yaml"
    try:
        if path.stat().st_size > MOST_BYTES:
            return f"larger than {MOST_BYTES // 1024**2} MiB"
        size_px = picture_size(path)
        digest = sha256_file(path)
    except (SourceError, OSError) as error:
        return _reason(str(error), path.name)
    metres = note.metres or (surface.metres if surface else 1.5)
    return TextureFile(name, str(path), digest, uses, metres, size_px, note)
