"""Releases: what is drawn, how it is split, written, locked, described and verified."""

from dataset_platform.release.apportionment import Stratum, apportion
from dataset_platform.release.assembly import VERSION, Release, build
from dataset_platform.release.card import measure
from dataset_platform.release.files import CARD, ReleaseFiles
from dataset_platform.release.inputs import deciding_inputs, differing_inputs, inputs_of_release, read_lock
from dataset_platform.release.lock import ConfigLock, Provenance, collect_provenance
from dataset_platform.release.manifest import Manifest, manifest_sha256, read_manifest
from dataset_platform.release.plots import picture
from dataset_platform.release.rows import open_rows, parquet_path
from dataset_platform.release.sampling import Draw, Quota, assign_splits, draw
from dataset_platform.release.spec import (
    FileFormat,
    Filters,
    Formats,
    Gates,
    Licenses,
    Limits,
    Mix,
    ReleaseSpec,
    Rendering,
    SourceMix,
    Splits,
    StageLimits,
    Use,
)
from dataset_platform.release.spec_files import (
    ensure_spec,
    load_spec,
    load_specs,
    make_spec,
    wanted_spec,
    write_spec,
)
from dataset_platform.release.verification import Finding, Problem, Verification, verify

__all__ = [
    "CARD",
    "VERSION",
    "ConfigLock",
    "Draw",
    "FileFormat",
    "Filters",
    "Finding",
    "Formats",
    "Gates",
    "Licenses",
    "Limits",
    "Manifest",
    "Mix",
    "Problem",
    "Provenance",
    "Quota",
    "Release",
    "ReleaseFiles",
    "ReleaseSpec",
    "Rendering",
    "SourceMix",
    "Splits",
    "StageLimits",
    "Stratum",
    "Use",
    "Verification",
    "apportion",
    "assign_splits",
    "build",
    "collect_provenance",
    "deciding_inputs",
    "differing_inputs",
    "draw",
    "ensure_spec",
    "inputs_of_release",
    "load_spec",
    "load_specs",
    "make_spec",
    "manifest_sha256",
    "measure",
    "open_rows",
    "parquet_path",
    "picture",
    "read_lock",
    "read_manifest",
    "verify",
    "wanted_spec",
    "write_spec",
]
