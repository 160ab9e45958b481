"""All that is declared of personal data, app by app in the order of the layers, then what lies outside of the database."""

from __future__ import annotations

from ecluse.control.abuse.personal_data import PERSONAL_DATA as ABUSE
from ecluse.control.accounts.personal_data import PERSONAL_DATA as ACCOUNTS
from ecluse.control.attempts.personal_data import PERSONAL_DATA as ATTEMPTS
from ecluse.control.audit.personal_data import PERSONAL_DATA as AUDIT
from ecluse.control.billing.personal_data import PERSONAL_DATA as BILLING
from ecluse.control.contracts.personal_data import PERSONAL_DATA as CONTRACTS
from ecluse.control.directories.personal_data import PERSONAL_DATA as DIRECTORIES
from ecluse.control.keystore.personal_data import PERSONAL_DATA as KEYSTORE
from ecluse.control.learning.personal_data import PERSONAL_DATA as LEARNING
from ecluse.control.mail.personal_data import PERSONAL_DATA as MAIL
from ecluse.control.operation.personal_data import PERSONAL_DATA as OPERATION
from ecluse.control.policies.personal_data import PERSONAL_DATA as POLICIES
from ecluse.control.privacy.outside import OUTSIDE
from ecluse.control.privacy.personal_data import PERSONAL_DATA as PRIVACY
from ecluse.control.programs.personal_data import PERSONAL_DATA as PROGRAMS
from ecluse.control.sending.personal_data import PERSONAL_DATA as SENDING
from ecluse.control.signing.personal_data import PERSONAL_DATA as SIGNING
from ecluse.control.sla.personal_data import PERSONAL_DATA as SLA
from ecluse.control.support.personal_data import PERSONAL_DATA as SUPPORT
from ecluse.control.suppression.personal_data import PERSONAL_DATA as SUPPRESSION
from ecluse.control.tenants.personal_data import PERSONAL_DATA as TENANTS
from ecluse.control.webhooks.personal_data import PERSONAL_DATA as WEBHOOKS
from ecluse.domain.personal_data import Store

# Erasing follows this order: who has no mailbox and no account any more is looked for in what named him, and the trail,
# which has recorded all that, comes last.
IN_DATABASE: tuple[Store, ...] = (
    *TENANTS,
    *ACCOUNTS,
    *KEYSTORE,
    *SIGNING,
    *SENDING,
    *SUPPRESSION,
    *PROGRAMS,
    *POLICIES,
    *MAIL,
    *LEARNING,
    *CONTRACTS,
    *BILLING,
    *SLA,
    *SUPPORT,
    *WEBHOOKS,
    *DIRECTORIES,
    *OPERATION,
    *ATTEMPTS,
    *ABUSE,
    *PRIVACY,
    *AUDIT,
)

STORES: tuple[Store, ...] = (*IN_DATABASE, *OUTSIDE)
