"""What a model id found in a log means: strict steps, then an exact match, or nothing.

An id that no step explains is unpriced. It never falls back to a shorter or similar name, because that is how
other tools bill one model at three times another's price; the unpriced tokens are shown instead.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING

from ccmeter.domain.rates import ModelName

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_NO_ALIASES: Mapping[str, str] = MappingProxyType({})

# Plain text, compiled on first use by `re`, because most commands start without asking for a name.
_CONTEXT = r"(?:\[1m\])+\Z"
_VARIANTS = r"(?::(?:beta|thinking|extended|batch))+\Z"
_PROVIDER = r"(?:(us|eu|apac|ap|au|jp|ca|us-gov|global)\.)?anthropic\."
_REVISION = r"(?:-v[0-9]+(?::[0-9]+)?)?(?:@(?:20[0-9]{6}|default|latest))?\Z"
_MODES = r"(?:-(?:latest|thinking|fast))+\Z"
_DATE = r"-20[0-9][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\Z"
_FAMILY = "(?P<family>opus|sonnet|haiku|fable|mythos)"
_VERSION = r"(?P<major>[0-9]{1,2})(?:-(?P<minor>[0-9]{1,2}))?"
_NEW_ORDER = f"claude-{_FAMILY}-{_VERSION}"
_OLD_ORDER = f"claude-{_VERSION}-{_FAMILY}"


def model_name(raw: str, *, known: Collection[str], aliases: Mapping[str, str] = _NO_ALIASES) -> ModelName:
    """Find the model that an id means, and what else the id says about the price.

    `known` are the names that have prices. `aliases` are the user's own map and are followed once. An id that is
    itself a known name means that name, whatever the grammar says, so that a user can price any id. Never raises.

    The steps and their order follow what Anthropic, Bedrock, Vertex, OpenRouter and Copilot write.
    """
    text = aliases.get(raw, raw)
    if text in known:
        return ModelName(raw, text, is_fast=False, is_batch=False, place="")
    name = _last_segment(re.sub(_CONTEXT, "", text.lower()))
    claude = _claude_name(name, known)
    if claude is not None:
        return claude._replace(raw=raw)
    return ModelName(raw, name if name in known else None, is_fast=False, is_batch=False, place="")


def _last_segment(text: str) -> str:
    return text.rpartition("/")[2]


def _claude_name(text: str, known: Collection[str]) -> ModelName | None:
    """Read an id as one of Claude's. None when it is not, or when its model has no price."""
    name, variants = _cut(_VARIANTS, text)
    provider = re.match(_PROVIDER, name)
    region = provider[1] if provider else None
    name = name[provider.end() :] if provider else name
    name, _ = _cut(_REVISION, name)
    name, modes = _cut(_MODES, name)
    name, _ = _cut(_DATE, name.replace(".", "-"))
    model = next((candidate for candidate in _candidates(name) if candidate in known), None)
    if model is None:
        return None
    return ModelName(
        raw=text,
        model=model,
        is_fast="-fast" in modes,
        is_batch=":batch" in variants,
        place="" if region in {None, "global"} else "regional",
    )


def _cut(ending: str, text: str) -> tuple[str, str]:
    """Split a text before an ending; the ending is empty where it does not occur."""
    found = re.search(ending, text)
    return (text[: found.start()], found[0]) if found else (text, "")


def _candidates(name: str) -> tuple[str, ...]:
    """Give the names under which a Claude model may have a price, in the order to try."""
    found = re.fullmatch(_NEW_ORDER, name) or re.fullmatch(_OLD_ORDER, name)
    if found is None:
        # a name of no family and version, such as claude-mythos-preview, must be a known name as it stands
        return (name,) if name.startswith("claude-") else ()
    minor = found["minor"]
    version = found["major"] if minor in {None, "0"} else f"{found['major']}-{minor}"
    return (f"claude-{found['family']}-{version}", f"claude-{version}-{found['family']}")
