"""Find and read profile files."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from importer.domain.paths import is_file
from importer.errors import ProfileError
from importer.loader.profile import Profile


def load_profile(name: str, folders: tuple[Path, ...]) -> Profile:
    """Return the profile at the path ``name`` or, for a plain name, ``NAME.toml`` in the first of ``folders`` that has it.

    Raises ProfileError with the file, the key and what to do.
    """
    return read_profile(_find(name, folders))


def read_profile(path: Path) -> Profile:
    """Return the profile in this file. Raises ProfileError with the file, the key and what to do."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Notepad may write a BOM
        return Profile(**{"name": path.stem, **data})
    except OSError as error:
        raise ProfileError(f"The profile {path} cannot be read ({error.strerror}). Check the path.") from None
    except RecursionError:
        raise ProfileError(f"The profile {path} is nested too deeply to be a profile. Correct it.") from None
    except ValidationError as error:
        from importer.domain.reasons import explain

        raise ProfileError(f"The profile {path} has a mistake: {explain(error)}") from None
    except ValueError as error:  # no TOML, not UTF-8, or an integer of thousands of digits
        advice = "Correct that line; a heading with anything but a-z, 0-9, _ and - must be in quotes."
        raise ProfileError(f"The profile {path} is not valid TOML: {error}. {advice}") from None


def _find(name: str, folders: tuple[Path, ...]) -> Path:
    direct = Path(name)
    if direct.suffix == ".toml" or len(direct.parts) > 1:
        if is_file(direct):
            return direct
        raise ProfileError(f"There is no profile file {name}. Check the path.")
    found = [folder / f"{name}.toml" for folder in folders if is_file(folder / f"{name}.toml")]
    if found:
        return found[0]
    known = sorted({path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.toml")})
    there = f"Profiles here: {', '.join(known)}." if known else "There are none here yet; write profiles/NAME.toml."
    raise ProfileError(f'There is no profile "{name}". {there}')
