"""Releases: what is drawn, how it is split, written, locked, described and verified."""

from dataset_platform.release.apportionment import Stratum, apportion
from dataset_platform.release.assembly import VERSION, Release, build
from dataset_platform.release.card import measure
from dataset_platform.release.difference import Absence, Change, Difference, Shift, difference
from dataset_platform.release.files import CARD, CONFIG_LOCK, ReleaseFiles
from dataset_platform.release.findings import Finding, Problem
from dataset_platform.release.git_state import GitState, git_state
from dataset_platform.release.inputs import deciding_inputs, differing_inputs, inputs_of_release, read_lock
from dataset_platform.release.judged_card import published_card, write_judged_card
from dataset_platform.release.lock import ConfigLock, Ingredients, Provenance, collect_provenance
from dataset_platform.release.manifest import CANARIES, Manifest, manifest_sha256, read_manifest
from dataset_platform.release.plots import picture
from dataset_platform.release.rebuilt import Rebuilt, compare_rebuilt
from dataset_platform.release.rows import parquet_path
from dataset_platform.release.sampling import Draw, Quota, assign_splits, draw
from dataset_platform.release.signing import load_private_key, load_public_key, make_keys, sign
from dataset_platform.release.spec import (
    Canaries,
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
from dataset_platform.release.verification import Verification, verify
from dataset_platform.release.versions import earlier_versions, is_release_version, not_published
from dataset_platform.release.withdrawals import Withdrawal, WithdrawalLog, read_log, record
from dataset_platform.release.withdrawn import withdrawn_rows, without

__all__ = [
    "CANARIES",
    "CARD",
    "CONFIG_LOCK",
    "VERSION",
    "Absence",
    "Canaries",
    "Change",
    "ConfigLock",
    "Difference",
    "Draw",
    "FileFormat",
    "Filters",
    "Finding",
    "Formats",
    "Gates",
    "GitState",
    "Ingredients",
    "Licenses",
    "Limits",
    "Manifest",
    "Mix",
    "Problem",
    "Provenance",
    "Quota",
    "Rebuilt",
    "Release",
    "ReleaseFiles",
    "ReleaseSpec",
    "Rendering",
    "Shift",
    "SourceMix",
    "Splits",
    "StageLimits",
    "Stratum",
    "Use",
    "Verification",
    "Withdrawal",
    "WithdrawalLog",
    "apportion",
    "assign_splits",
    "build",
    "collect_provenance",
    "compare_rebuilt",
    "deciding_inputs",
    "difference",
    "differing_inputs",
    "draw",
    "earlier_versions",
    "ensure_spec",
    "git_state",
    "inputs_of_release",
    "is_release_version",
    "load_private_key",
    "load_public_key",
    "load_spec",
    "load_specs",
    "make_keys",
    "make_spec",
    "manifest_sha256",
    "measure",
    "not_published",
    "parquet_path",
    "picture",
    "published_card",
    "read_lock",
    "read_log",
    "read_manifest",
    "record",
    "sign",
    "verify",
    "wanted_spec",
    "withdrawn_rows",
    "without",
    "write_judged_card",
    "write_spec",
]
