"""The release described in Croissant 1.0 (https://docs.mlcommons.org/croissant/docs/croissant-spec.html)."""

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from dataset_platform.release.card import Facts, citation
from dataset_platform.release.files import ReleaseFiles
from dataset_platform.release.manifest import FileEntry
from dataset_platform.release.spec import ReleaseSpec
from dataset_platform.schemas import RELEASE, Column

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
PARQUET = "application/x-parquet"  # the name that mlcroissant reads
JSON_LINES = "application/jsonlines"
DATA_TYPES = {
    "string": "sc:Text",
    "int32": "sc:Integer",
    "int64": "sc:Integer",
    "double": "sc:Float",
    "bool": "sc:Boolean",
}
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def render(spec: ReleaseSpec, facts: Facts, entries: Iterable[FileEntry], files: ReleaseFiles) -> bytes:
    """`croissant.json`: the dataset files with digests, and one record set over all Parquet shards."""
    formats = {files.parquet: PARQUET, files.jsonl: JSON_LINES}
    shards = [_file_object(entry, formats[entry.name.partition("/")[0]]) for entry in entries]
    description = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": f"therapeutic-conversations-{spec.version}",
        "description": (
            f"{facts.n_rows} cleaned, deduplicated therapeutic conversations for fine-tuning; "
            f"see README.md beside this file."
        ),
        "version": spec.version,
        "citeAs": citation(spec, facts, files),
        "license": facts.licenses,
        "inLanguage": facts.languages,
        "distribution": [*shards, _file_set(files.parquet)],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "conversations",
                "name": "conversations",
                "key": {"@id": "conversations/conversation_id"},
                "field": [_field(column, files.parquet) for column in RELEASE.columns],
            }
        ],
    }
    return (json.dumps(description, indent=2, ensure_ascii=False) + "\n").encode()


def _file_object(entry: FileEntry, encoding_format: str) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": entry.name,
        "name": entry.name,
        "contentUrl": entry.name,
        "contentSize": f"{entry.bytes} B",
        "encodingFormat": encoding_format,
        "sha256": entry.sha256,
    }


def _file_set(folder: str) -> dict[str, Any]:
    """The shards that the record set is read from."""
    return {
        "@type": "cr:FileSet",
        "@id": folder,
        "name": folder,
        "encodingFormat": PARQUET,
        "includes": f"{folder}/*.parquet",
    }


def _field(column: Column, parquet: str) -> dict[str, Any]:
    """A list of structs becomes a repeated field with sub-fields; nested record sets are not read."""
    name = f"conversations/{column.name}"
    field: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": name,
        "name": name,
        "description": column.meaning,
    }
    type_ = column.type
    if pa.types.is_list(type_):
        field["repeated"] = True
        type_ = type_.value_type
    if pa.types.is_struct(type_):
        return field | {"subField": [_sub_field(inner, column.name, parquet) for inner in type_]}
    return field | {"dataType": DATA_TYPES[str(type_)], "source": _column_of(parquet, column.name)}


def _sub_field(inner: pa.Field, column: str, parquet: str) -> dict[str, Any]:
    name = f"conversations/{column}/{inner.name}"
    return {
        "@type": "cr:Field",
        "@id": name,
        "name": name,
        "dataType": DATA_TYPES[str(inner.type)],
        "source": _column_of(parquet, column) | {"transform": {"jsonPath": inner.name}},
    }


def _column_of(parquet: str, column: str) -> dict[str, Any]:
    return {"fileSet": {"@id": parquet}, "extract": {"column": column}}
