"""The token endpoint: who gets a token, what it says, and which tokens are taken."""

import base64
import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from castoff.services.oidc import ISSUER, Grant, Issuer, Run, TokenError, job_claims

RUN = Run(
    owner="octo",
    repository="spam",
    owner_id=11,
    repository_id=22,
    workflow="release.yml",
    workflow_name="Release",
    ref="refs/tags/v1.2.0",
    sha="c0ffee" * 6 + "c0ff",
    run_id=33,
    run_number=4,
    attempt=2,
    actor="mona",
    actor_id=55,
)
NOWHERE = Issuer()  # never listens: verifying needs no server


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with Issuer() as running:
        yield running


def ask(url: str, *, audience: str | None = "sigstore", authorization: str | None) -> tuple[int, dict[str, str]]:
    """Ask for a token as @actions/core does, and return the status and the JSON of the answer."""
    parts = urlsplit(url if audience is None else f"{url}&audience={quote(audience, safe='')}")
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        headers = {} if authorization is None else {"Authorization": authorization}
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body) if answer.getheader("Content-Type") == "application/json" else {}
    finally:
        connection.close()


def token(grant: Grant, audience: str | None = "sigstore") -> str:
    status, data = ask(grant.url, audience=audience, authorization=f"bearer {grant.bearer}")
    assert status == 200
    return data["value"]


def test_a_job_with_a_grant_gets_a_token_that_says_what_was_granted(issuer: Issuer) -> None:
    claims = issuer.verify(token(issuer.grant(job_claims(RUN, None))), "sigstore")
    assert claims.items() >= job_claims(RUN, None).items()
    assert (claims["iss"], claims["aud"]) == (ISSUER, "sigstore")
    assert int(claims["exp"]) - int(claims["iat"]) == 300


def test_every_token_has_an_identifier_of_its_own(issuer: Issuer) -> None:
    grant = issuer.grant(job_claims(RUN, None))
    assert len({issuer.verify(token(grant), "sigstore")["jti"] for _ in range(3)}) == 3


def test_a_token_asked_for_without_an_audience_is_for_the_owner_of_the_repository(issuer: Issuer) -> None:
    plain = token(issuer.grant(job_claims(RUN, None)), audience=None)
    assert issuer.verify(plain, "https://github.com/octo")["aud"] == "https://github.com/octo"


def test_two_jobs_get_tokens_with_their_own_claims(issuer: Issuer) -> None:
    sign, publish = issuer.grant(job_claims(RUN, None)), issuer.grant(job_claims(RUN, "pypi"))
    assert "environment" not in issuer.verify(token(sign), "sigstore")
    assert issuer.verify(token(publish, "pypi"), "pypi")["environment"] == "pypi"


@pytest.mark.parametrize("authorization", [None, "", "bearer", "bearer ", "Basic eDp5"])
def test_a_request_without_a_bearer_token_is_answered_401(issuer: Issuer, authorization: str | None) -> None:
    assert ask(issuer.grant(job_claims(RUN, None)).url, authorization=authorization)[0] == 401


def test_a_bearer_token_that_nobody_was_given_is_answered_403(issuer: Issuer) -> None:
    assert ask(issuer.grant(job_claims(RUN, None)).url, authorization="bearer guessed")[0] == 403


def test_a_job_that_has_ended_gets_no_more_tokens(issuer: Issuer) -> None:
    grant = issuer.grant(job_claims(RUN, None))
    token(grant)
    issuer.withdraw(grant)
    issuer.withdraw(grant)
    assert ask(grant.url, authorization=f"bearer {grant.bearer}")[0] == 403


def test_an_issuer_that_is_down_answers_503_until_it_is_back(issuer: Issuer) -> None:
    grant = issuer.grant(job_claims(RUN, None))
    issuer.down = True
    assert ask(grant.url, authorization=f"bearer {grant.bearer}")[0] == 503
    issuer.down = False
    assert token(grant)


def test_the_request_url_has_a_query_for_clients_to_add_to_and_the_bearer_shows_in_no_repr(issuer: Issuer) -> None:
    grant = issuer.grant(job_claims(RUN, None))
    assert "?" in grant.url
    assert grant.bearer not in repr(grant)
    assert grant.variables == {
        "ACTIONS_ID_TOKEN_REQUEST_URL": grant.url,
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": grant.bearer,
    }


def test_the_oldest_grants_are_forgotten_when_there_are_too_many() -> None:
    with Issuer() as issuer:
        first = issuer.grant(job_claims(RUN, None))
        last = [issuer.grant(job_claims(RUN, None)) for _ in range(1000)][-1]
        assert ask(first.url, authorization=f"bearer {first.bearer}")[0] == 403
        assert ask(last.url, authorization=f"bearer {last.bearer}")[0] == 200


def test_a_token_for_another_audience_is_refused(issuer: Issuer) -> None:
    with pytest.raises(TokenError, match="audience 'sigstore'"):
        issuer.verify(token(issuer.grant(job_claims(RUN, None))), "pypi")


def test_an_expired_token_is_refused(issuer: Issuer) -> None:
    with pytest.raises(TokenError, match="expired"):
        issuer.verify(token(issuer.grant(job_claims(RUN, None), lifetime=-1)), "sigstore")


def test_a_token_of_another_issuer_is_refused(issuer: Issuer) -> None:
    with pytest.raises(TokenError, match="signature"):
        NOWHERE.verify(token(issuer.grant(job_claims(RUN, None))), "sigstore")


def test_a_token_whose_claims_were_changed_is_refused(issuer: Issuer) -> None:
    header, payload, signature = token(issuer.grant(job_claims(RUN, None))).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps({**claims, "repository": "octo/eggs"}).encode()).decode().rstrip("=")
    with pytest.raises(TokenError, match="signature"):
        issuer.verify(f"{header}.{forged}.{signature}", "sigstore")


def test_a_token_that_calls_itself_unsigned_is_refused(issuer: Issuer) -> None:
    _, payload, _ = token(issuer.grant(job_claims(RUN, None))).split(".")
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    with pytest.raises(TokenError):
        issuer.verify(f"{header}.{payload}.", "sigstore")


@given(st.one_of(st.text(), st.from_regex(r"[\w-]*\.[\w-]*\.[\w-]*", fullmatch=True)))
def test_whatever_is_no_token_is_refused_as_such(text: str) -> None:
    with pytest.raises(TokenError):
        NOWHERE.verify(text, "sigstore")


def test_the_claims_of_a_tag_push_are_githubs() -> None:
    claims = job_claims(RUN, None)
    assert claims["sub"] == "repo:octo/spam:ref:refs/tags/v1.2.0"
    assert claims["ref_type"] == "tag"
    assert claims["job_workflow_ref"] == "octo/spam/.github/workflows/release.yml@refs/tags/v1.2.0"
    assert (claims["repository_id"], claims["repository_owner_id"], claims["run_attempt"]) == ("22", "11", "2")
    assert (claims["event_name"], claims["workflow"], claims["actor"]) == ("push", "Release", "mona")
    assert job_claims(replace(RUN, ref="refs/heads/main"), None)["ref_type"] == "branch"


def test_a_job_with_an_environment_is_known_by_it() -> None:
    claims = job_claims(RUN, "py:pi")
    assert claims["environment"] == "py:pi"
    assert claims["sub"] == "repo:octo/spam:environment:py%3Api"
