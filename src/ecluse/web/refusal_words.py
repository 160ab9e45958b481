"""Why something about people was not done, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from ecluse.control.accounts import services
from ecluse.domain.errors import Impossible

REFUSALS: Mapping[type[Impossible], str | Promise] = MappingProxyType(
    {
        services.LastOwner: gettext_lazy("Somebody must remain who can let others in."),
        services.OwnRole: gettext_lazy("Nobody lets himself in, or changes what he is himself: ask somebody else."),
        services.OutOfReach: gettext_lazy("Your role does not reach that far."),
        services.ProviderSide: gettext_lazy(
            "Who works for the provider or a reseller sees no content, and so becomes none of a client's own people."
        ),
        services.LinkUsed: gettext_lazy("The invitation was accepted or withdrawn before, or has expired."),
    }
)
