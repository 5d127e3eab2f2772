"""ES10b: the list of notifications."""

from euicc_sim.core.options import CardOptions
from scenarios import Stage, scenario
from scenarios.catalogue.given import enabled, installed
from scenarios.faults import DamagedMac
from scenarios.kit.profile import NotificationRecipient, Profile
from scenarios.kit.read import children, dig, find, integer
from scenarios.kit.server import check_notification
from wire.es10 import BppCommandId, DeleteNotificationStatus, ErrorReason, NotificationEvent
from wire.tlv import tlv

LIST = "SGP.22 v2.5 section 5.7.9, 3.5"
RETRIEVE = "SGP.22 v2.5 section 5.7.10, 3.5"
REMOVE = "SGP.22 v2.5 section 5.7.11, 3.5"
NOTIFY = "SGP.22 v2.5 section 5.7.9, 5.7.10, 5.7.11"
INSTALL, ENABLE = NotificationEvent.notificationInstall, NotificationEvent.notificationEnable
DISABLE, DELETE = NotificationEvent.notificationDisable, NotificationEvent.notificationDelete
A, B = "a.example.com", "b.example.com"


@scenario("euicc.es10b.notifications.signed", spec=NOTIFY, tests="euicc")
def signed_notifications(s: Stage) -> None:
    """Enable, disable and delete each leave a signed notification, with rising numbers."""
    profile = s.profile()
    with s.given("an installed profile"):
        s.installed(s.card.install(s.server(), profile))
    s.card.enable(profile)
    s.card.power_on()
    s.card.disable(profile)
    s.card.power_on()
    s.card.delete(profile)
    wanted = NotificationEvent(14)
    listed = s.card.notifications(wanted)
    events = ["notificationEnable", "notificationDisable", "notificationDelete"]
    s.equal("the events", events, [one.event.names[0] for one in listed])
    s.equal("the numbers rise", sorted(one.number for one in listed), [one.number for one in listed])
    for one in s.card.retrieve_notifications(events=wanted):
        check_notification(one.raw, s.pki.ci().certificate)


@scenario("euicc.es10b.notifications.removed_once", spec=NOTIFY, tests="euicc")
def removed_once(s: Stage) -> None:
    """A removed notification is gone; removing it again answers nothingToDelete."""
    with s.given("an installed profile"):
        s.installed(s.card.install(s.server(), s.profile()))
    number = s.card.notifications()[0].number
    s.result("RemoveNotificationFromList", s.card.remove_notification(number), DeleteNotificationStatus.ok)
    s.equal("what is retrieved", [], s.card.retrieve_notifications(number))
    code = s.card.remove_notification(number)
    s.result("RemoveNotificationFromList", code, DeleteNotificationStatus.nothingToDelete)


def _several(s: Stage) -> Profile:
    recipients = (
        NotificationRecipient(A, ENABLE | DELETE),
        NotificationRecipient(B, ENABLE | DISABLE),
        NotificationRecipient(A, INSTALL),
    )
    return installed(s, notifications=recipients)


def told(s: Stage, event: NotificationEvent) -> list[str]:
    """The addresses that notifications of this event are for, in the order of their numbers."""
    return [one.address for one in s.card.notifications(event)]


@scenario("euicc.es10b.notifications.several_addresses", spec=LIST, tests="euicc")
def several_addresses(s: Stage) -> None:
    """Each address that the profile names for an event gets a notification of its own, no other does."""
    profile = _several(s)
    s.card.enable(profile)
    s.card.disable(profile)
    s.card.delete(profile)
    s.equal("of the enabling", [A, B], told(s, ENABLE))
    s.equal("of the disabling", [B], told(s, DISABLE))
    s.equal("of the deletion", [A], told(s, DELETE))


@scenario("euicc.es10b.notifications.install_elsewhere", spec=f"{LIST}, 2.5.6", tests="euicc")
def install_elsewhere(s: Stage) -> None:
    """An install event for another address is an OtherSignedNotification beside the installation result."""
    _several(s)
    found = s.card.retrieve_notifications(events=INSTALL)
    s.equal("their kinds", [0xBF37, 0x30], [one.tag for one in found])
    check_notification(found[1].raw, s.pki.ci().certificate)
    s.equal("whom they are for", ["kit.example.com", A], told(s, INSTALL))


@scenario("euicc.es10b.notifications.no_events", spec=LIST, tests="euicc")
def no_events(s: Stage) -> None:
    """A profile that names an address for deletion only leaves nothing when it is enabled."""
    profile = installed(s, notifications=(NotificationRecipient(A, DELETE),))
    before = s.card.notifications()
    s.card.enable(profile)
    s.equal("the notifications", before, s.card.notifications())


@scenario("euicc.es10b.notifications.filter", spec=LIST, tests="euicc")
def filtered(s: Stage) -> None:
    """ListNotification lists the events asked for, several at once, in the order of their numbers."""
    profile = enabled(s)
    s.card.disable(profile)
    both = s.card.notifications(ENABLE | DISABLE)
    s.equal("two events", [ENABLE, DISABLE], [one.event for one in both])
    s.equal("one event", [DISABLE], [one.event for one in s.card.notifications(DISABLE)])
    s.equal("an event that wasn't", [], s.card.notifications(DELETE))


@scenario("euicc.es10b.notifications.empty", spec=f"{LIST}, 5.7.10", tests="euicc")
def empty(s: Stage) -> None:
    """Without notifications both lists are empty, and no error."""
    s.equal("ListNotification", bytes.fromhex("BF2802A000"), s.card.es10("BF2800").raw)
    s.equal("RetrieveNotificationsList", bytes.fromhex("BF2B02A000"), s.card.es10("BF2B00").raw)


@scenario("euicc.es10b.notifications.by_number", spec=RETRIEVE, tests="euicc")
def by_number(s: Stage) -> None:
    """A number leads to its notification alone, whose metadata is that of the list."""
    enabled(s)
    for pending in s.card.notifications():
        (found,) = s.card.retrieve_notifications(pending.number)
        metadata = dig(found, 0xBF27, 0xBF2F) if found.tag == 0xBF37 else dig(found, 0xBF2F)
        s.equal("its number", pending.number, integer(dig(metadata, 0x80)))


@scenario("euicc.es10b.notifications.unknown_number", spec=RETRIEVE, tests="euicc")
def unknown_number(s: Stage) -> None:
    """A number that isn't in the list gives an empty list or an error, never another notification."""
    installed(s)
    answer = s.card.es10(tlv(0xBF2B, tlv(0xA0, tlv(0x80, b"\x7f"))))
    listed = find(answer, 0xA0)
    s.check(listed is None or not listed.value, "no notification comes")


@scenario("euicc.es10b.notifications.retrieved_stays", spec=RETRIEVE, tests="euicc")
def retrieved_stays(s: Stage) -> None:
    """A retrieved notification stays, and is the same octets next time."""
    installed(s)
    first = [one.raw for one in s.card.retrieve_notifications()]
    s.equal("again", first, [one.raw for one in s.card.retrieve_notifications()])


@scenario("euicc.es10b.notifications.durable", spec=LIST, tests="euicc", needs="power")
def durable(s: Stage) -> None:
    """Notifications survive power off and on."""
    enabled(s)
    before = s.card.notifications()
    s.card.power_on()
    s.equal("the notifications", before, s.card.notifications())


@scenario("euicc.es10b.notifications.outlive_profile", spec=LIST, tests="euicc")
def outlive(s: Stage) -> None:
    """Notifications of a deleted profile stay, and verify."""
    profile = enabled(s)
    s.card.disable(profile)
    before = s.card.notifications()
    s.card.delete(profile)
    s.equal("the old ones", before, s.card.notifications()[: len(before)])
    for one in s.card.retrieve_notifications(events=ENABLE | DISABLE):
        check_notification(one.raw, s.pki.ci().certificate)


@scenario("euicc.es10b.notifications.numbers_not_reused", spec=REMOVE, tests="euicc", needs="power")
def not_reused(s: Stage) -> None:
    """Numbers go on rising after everything was removed and the power was off."""
    profile = installed(s)
    last = max(one.number for one in s.card.notifications())
    for one in s.card.notifications():
        s.card.remove_notification(one.number)
    s.card.power_on()
    s.card.enable(profile)
    s.equal("the next number", last + 1, s.card.notifications()[0].number)


@scenario("euicc.es10b.notifications.remove_one", spec=REMOVE, tests="euicc")
def remove_one(s: Stage) -> None:
    """Removing one notification leaves the others."""
    enabled(s)
    first, *others = s.card.notifications()
    s.result("RemoveNotificationFromList", s.card.remove_notification(first.number), DeleteNotificationStatus.ok)
    s.equal("the others", others, s.card.notifications())


@scenario("euicc.es10b.notifications.large_number", spec=f"{LIST}, 5.7.11", tests="euicc", needs="card_settings")
def large_number(s: Stage) -> None:
    """Numbers from 128 on are INTEGERs in DER: 00 80 and no negative one."""
    card = s.new_card(options=CardOptions(first_sequence_number=127))
    installed(s, card)
    listed = children(dig(card.es10("BF2800"), 0xA0))
    s.equal("the numbers' octets", ["7f", "0080"], [dig(one, 0x80).value.hex() for one in listed])
    s.result("RemoveNotificationFromList", card.remove_notification(128), DeleteNotificationStatus.ok)


@scenario("euicc.es10b.notifications.list_full", spec=LIST, tests="euicc", needs="card_settings")
def list_full(s: Stage) -> None:
    """When the list is full the oldest notification makes room."""
    card = s.new_card(options=CardOptions(notifications=3))
    profile = installed(s, card)
    card.enable(profile)
    card.disable(profile)
    s.equal("the numbers left", [2, 3, 4], [one.number for one in card.notifications()])


@scenario("euicc.es10b.notifications.failed_install", spec=f"{LIST}, 2.5.6", tests="euicc")
def failed_install(s: Stage) -> None:
    """A failed installation leaves its result in the list, and no other notification of the profile."""
    with s.given("an installation that fails"):
        s.not_installed(s.card.install(s.server(DamagedMac(0)), s.profile()), BppCommandId.configureISDP,
                        ErrorReason.scp03tSecurityError)  # fmt: skip
    s.equal("the kinds", [0xBF37], [one.tag for one in s.card.retrieve_notifications()])
    s.equal("no ICCID before StoreMetadata", [None], [one.iccid for one in s.card.notifications()])


@scenario("euicc.es10b.notifications.result_as_answered", spec=f"{RETRIEVE}, 2.5.6", tests="euicc")
def as_answered(s: Stage) -> None:
    """The installation result in the list is the octets that LoadBoundProfilePackage answered."""
    server, profile = s.server(), s.profile()
    s.card.reach("prepared", server)
    result = s.card.load(server.bind(profile))
    s.equal("the octets", [result.raw], [one.raw for one in s.card.retrieve_notifications(events=INSTALL)[:1]])


@scenario("euicc.es10b.notifications.chain_of_download", spec=f"{RETRIEVE}, 4.5.2", tests="euicc", needs="brainpool")
def chain_of_download(s: Stage) -> None:
    """Notifications of a profile are signed under the CI of its download."""
    profile = s.profile()
    with s.given("a profile from a server on brainpoolP256r1"):
        s.installed(s.card.install(s.server(curve="BRP"), profile))
    s.card.enable(profile)
    (found,) = s.card.retrieve_notifications(events=ENABLE)
    check_notification(found.raw, s.pki.ci("BRP").certificate)
    s.check(True, "it verifies up to the Brainpool CI")
