"""What every table of hve.toml has in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeGuard, get_args

from pydantic import BaseModel, ConfigDict, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from hve_monitor.files import URL, no_folder

# Marks a text that names a folder or an address.
PLACE = "relative to hve.toml, unless it is an address"
# Marks options of which some name a file.
OPTIONS = "those of NAMING_FILES relative to hve.toml"
NAMING_FILES = ("_file", "service_account", "application_credentials")  # how their names end
# Marks a text that names a file; fields of type Path need no mark.
FILE = "relative to hve.toml"


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _is_on_this_machine(cls, value: object, info: ValidationInfo) -> object:
        field = cls.model_fields[str(info.field_name)]
        if _names_file(value, field) and URL.match(value):
            raise ValueError(no_folder(value))
        return value


def section_of(annotation: object) -> type[BaseModel] | None:
    """The table that a field holds, alone or in a list; None for a plain value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    sections = (section_of(inner) for inner in get_args(annotation))
    return next((section for section in sections if section is not None), None)


def rooted(values: dict[str, Any], section: type[BaseModel], folder: Path) -> dict[str, Any]:
    """The values of a table with the names of files below the folder.

    So the folder from which cron starts does not matter.
    """
    fields = section.model_fields
    return {
        key: _rooted(value, fields[key], folder) if key in fields else value
        for key, value in values.items()
    }


def _rooted(value: object, field: FieldInfo, folder: Path) -> object:
    section = section_of(field.annotation)
    if section is None and OPTIONS in field.metadata and isinstance(value, dict):
        return {
            name: str(folder / text)
            if name.lower().endswith(NAMING_FILES) and isinstance(text, str)
            else text
            for name, text in value.items()
        }
    if section is None:
        is_place = PLACE in field.metadata and isinstance(value, str) and value != ""
        is_local = (is_place or _names_file(value, field)) and not URL.match(str(value))
        return str(folder / str(value)) if is_local else value
    if isinstance(value, list):
        return [_rooted(item, field, folder) for item in value]
    return rooted(value, section, folder) if isinstance(value, dict) else value


def _names_file(value: object, field: FieldInfo) -> TypeGuard[str]:
    """An empty text names no file, an empty path the folder itself."""
    if Path in (field.annotation, *get_args(field.annotation)):
        return isinstance(value, str)
    return FILE in field.metadata and isinstance(value, str) and value != ""
