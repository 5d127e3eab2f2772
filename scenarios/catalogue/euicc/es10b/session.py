"""ES10b: what begins, ends or outlives an RSP session."""

from scenarios import Stage, scenario
from scenarios.catalogue.given import installed
from scenarios.parties.euicc import error_of
from wire.es10 import DownloadErrorCode

SESSION = "SGP.22 v2.5 section 5.7.7, 3.0.1"


@scenario("euicc.es10b.challenge.fresh", spec="SGP.22 v2.5 section 5.7.7", tests="euicc")
def fresh_challenge(s: Stage) -> None:
    """Each challenge has 16 octets and is another one."""
    challenges = {s.card.challenge() for _ in range(4)}
    s.equal("different challenges", 4, len(challenges))
    s.equal("their lengths", {16}, {len(challenge) for challenge in challenges})


@scenario("euicc.es10b.session.new_challenge_ends", spec=SESSION, tests="euicc")
def new_challenge(s: Stage) -> None:
    """GetEUICCChallenge ends the session before: PrepareDownload is refused with noSessionContext."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.card.challenge()
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


@scenario("euicc.es10b.session.reset_ends", spec=SESSION, tests="euicc", needs="power")
def reset_ends(s: Stage) -> None:
    """A reset ends the session."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.card.power_on()
    s.result("PrepareDownload", error_of(s.card.prepare(server)), DownloadErrorCode.noSessionContext)


@scenario("euicc.es10b.session.outlives_reading", spec=SESSION, tests="euicc")
def outlives_reading(s: Stage) -> None:
    """Functions that only read or name something leave the session alone."""
    server = s.server()
    s.card.reach("authenticated", server)
    for request in ("BF2000", "BF2200", "BF2D00", "BF2800", "BF3C00", "BF3E035C015A", "BF4300"):
        s.card.es10(request)
    s.card.set_default_dp_address("smdp.example.com")
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


@scenario("euicc.es10b.session.error_keeps_challenge", spec="SGP.22 v2.5 section 5.7.13", tests="euicc")
def keeps_session(s: Stage) -> None:
    """A malformed command doesn't end the session."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.check(s.card.send("BF2103800100").sw != 0x9000, "a malformed PrepareDownload is refused")
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


@scenario("euicc.es10b.session.prepare_twice", spec="SGP.22 v2.5 section 5.7.5", tests="euicc")
def prepare_twice(s: Stage) -> None:
    """PrepareDownload may be repeated in a session, with another hashCc."""
    server = s.server()
    s.card.reach("authenticated", server)
    for octet in (1, 2):
        answer = s.card.prepare(server, code_required=True, hash_cc=bytes((octet,)) * 32)
        server.check_preparation(answer.raw)
        s.equal("hashCc", bytes((octet,)) * 32, server.hash_cc)


@scenario("euicc.es10b.session.load_without", spec="SGP.22 v2.5 section 5.7.6", tests="euicc")
def load_without(s: Stage) -> None:
    """A bound profile package before PrepareDownload is refused with a status word."""
    server = s.server()
    s.card.reach("prepared", server)
    package = server.bind(s.profile())
    s.card.challenge()
    answer = s.card.send(package.segments()[0])
    s.check(answer.sw != 0x9000 and not answer.data, "it is refused", "a status word", f"{answer.sw:04X}")


@scenario("euicc.es10b.session.channel_stays", spec=SESSION, tests="euicc", needs="logical_channels")
def channel_stays(s: Stage) -> None:
    """The RSP session is one for the card, not for a channel: it goes on over another one."""
    server = s.server()
    s.card.reach("authenticated", server)
    s.card.open()
    s.result("PrepareDownload", error_of(s.card.prepare(server)), None)


@scenario("euicc.es10b.session.challenge_during_load", spec=f"{SESSION}, 5.7.6", tests="euicc")
def during_load(s: Stage) -> None:
    """GetEUICCChallenge while a package is loaded gives the load up; nothing of the profile stays."""
    server = s.server()
    s.card.reach("prepared", server)
    for segment in server.bind(s.profile()).segments()[:-1]:
        s.card.send(segment)
    s.card.challenge()
    s.equal("the profiles", {}, s.card.states)
    profile = installed(s)
    s.equal("the next download", {str(profile.iccid): "disabled"}, s.card.states)
