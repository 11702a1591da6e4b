"""The local Sigstore instance, judged by the unmodified client: what it signs verifies, and nothing else does."""

import base64
import hashlib
import http.client
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from sigstore import dsse
from sigstore.errors import VerificationError
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext
from sigstore.verify import Verifier, policy

from castoff.core.errors import CastoffError
from castoff.services.oidc import ISSUER, Issuer, Run, job_claims
from castoff.services.sigstore import Sigstore
from castoff.services.sigstore_log import Entry, Log, leaf_hash
from castoff.services.sigstore_rekor import canonical_body

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
WHEEL, SDIST = "spam-1.2.0-py3-none-any.whl", "spam-1.2.0.tar.gz"
Json = dict[str, Any]


@dataclass
class Result:
    """How the client ended, and what it said."""

    code: int
    said: str


@dataclass
class Stage:
    """An instance, its issuer, and a folder with two files that it signed."""

    issuer: Issuer
    sigstore: Sigstore
    folder: Path

    def sign(self, *files: Path, run: Run = RUN, lifetime: int = 300) -> Result:
        """Sign as a job of `run` does."""
        grant = self.issuer.grant(job_claims(run, None), lifetime)
        return self.sign_with(grant.variables, *files)

    def sign_with(self, credential: Mapping[str, str], *files: Path) -> Result:
        """Sign with what the environment of a job holds."""
        variables = {"GITHUB_ACTIONS": "true", **credential}
        return client(self.sigstore.trust_config, "sign", *map(str, files), variables=variables)

    def verify(self, *files: Path, identity: str = RUN.identity, issuer: str = ISSUER) -> Result:
        """Verify as a user does who knows the exact identity."""
        return verify(self.sigstore.trust_config, *files, identity=identity, issuer=issuer)


def client(trust_config: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> Result:
    """Run the sigstore command, with nothing from the caller's environment and nobody to answer its questions."""
    command = [sys.executable, "-m", "sigstore", "--trust-config", str(trust_config), *arguments]
    plain = {"HOME": str(trust_config.parent), "NO_PROXY": "127.0.0.1", "COLUMNS": "400"}
    environment = {**plain, **(variables or {})}
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    return Result(done.returncode, done.stdout + done.stderr)


def verify(trust_config: Path, *files: Path, identity: str = RUN.identity, issuer: str = ISSUER) -> Result:
    who = ["--cert-identity", identity, "--cert-oidc-issuer", issuer]
    return client(trust_config, "verify", "identity", *who, *map(str, files))


def bundle_of(file: Path) -> Path:
    return file.with_name(file.name + ".sigstore.json")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Run an instance, which signed a wheel and an sdist."""
    folder = tmp_path_factory.mktemp("stage")
    with Issuer() as issuer, Sigstore(folder / "state", issuer) as sigstore:
        running = Stage(issuer, sigstore, folder)
        files = (folder / WHEEL, folder / SDIST)
        for file in files:
            file.write_bytes(file.name.encode() * 1000)
        signed = running.sign(*files)
        assert signed.code == 0, signed.said
        yield running


@pytest.fixture
def wheel(stage: Stage, tmp_path: Path) -> Path:
    """Copy the signed wheel, with its bundle, to be spoilt."""
    for file in (stage.folder / WHEEL, bundle_of(stage.folder / WHEEL)):
        shutil.copy(file, tmp_path)
    return tmp_path / WHEEL


def post(url: str, data: object, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """POST JSON (or bytes as they are), and return the status and the JSON of the answer."""
    body = data if isinstance(data, bytes) else json.dumps(data).encode()
    return call("POST", url, body, headers)


def call(method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body, dict(headers or {}))
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if answer.getheader("Content-Type") == "application/json" else None
    finally:
        connection.close()


def token(stage: Stage, audience: str = "sigstore", lifetime: int = 300, run: Run = RUN) -> str:
    grant = stage.issuer.grant(job_claims(run, None), lifetime)
    status, data = call("GET", f"{grant.url}&audience={audience}", headers={"Authorization": f"bearer {grant.bearer}"})
    assert status == 200
    return data["value"]


# What verifies.


def test_what_a_job_signs_verifies_against_its_exact_identity(stage: Stage) -> None:
    result = stage.verify(stage.folder / WHEEL, stage.folder / SDIST)
    assert result.code == 0, result.said
    assert f"OK: {stage.folder / WHEEL}" in result.said
    assert f"OK: {stage.folder / SDIST}" in result.said


def test_githubs_own_claims_verify_too(stage: Stage) -> None:
    who = ["--cert-identity", RUN.identity, "--repository", "octo/spam", "--ref", RUN.ref, "--sha", RUN.sha]
    what = ["--trigger", "push", "--name", "Release", str(stage.folder / WHEEL)]
    result = client(stage.sigstore.trust_config, "verify", "github", *who, *what)
    assert result.code == 0, result.said


def test_a_certificate_lasts_ten_minutes_and_holds_all_that_fulcio_writes_into_it(stage: Stage) -> None:
    claims = job_claims(RUN, None)
    data = json.loads(bundle_of(stage.folder / WHEEL).read_bytes())
    raw = base64.b64decode(data["verificationMaterial"]["certificate"]["rawBytes"])
    certificate = x509.load_der_x509_certificate(raw)
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).total_seconds() == 600
    assert extension(certificate, 1) == ISSUER
    assert extension(certificate, 6) == RUN.ref
    assert extension(certificate, 8) == ISSUER
    assert extension(certificate, 9) == RUN.identity
    assert extension(certificate, 15) == claims["repository_id"]
    assert extension(certificate, 21) == "https://github.com/octo/spam/actions/runs/33/attempts/2"
    assert all(extension(certificate, number) for number in range(10, 23))
    assert extension(certificate, 23) == ""


def extension(certificate: x509.Certificate, number: int) -> str:
    """Return one of Fulcio's extensions: bare up to 6, then behind a DER head (of two bytes, below 128 bytes)."""
    for found in certificate.extensions:
        if found.oid.dotted_string == f"1.3.6.1.4.1.57264.1.{number}":
            assert isinstance(found.value, x509.UnrecognizedExtension)
            return found.value.value[0 if number < 7 else 2 :].decode()
    return ""


def test_the_python_library_signs_and_verifies_artifacts_and_attestations(stage: Stage) -> None:
    trust = ClientTrustConfig.from_json(stage.sigstore.trust_config.read_text())
    verifier = Verifier(trusted_root=trust.trusted_root)
    exactly = policy.Identity(identity=RUN.identity, issuer=ISSUER)
    statement = (
        dsse.StatementBuilder()
        .subjects(
            [dsse.Subject(name=WHEEL, digest=dsse.DigestSet(root={"sha256": hashlib.sha256(b"wheel").hexdigest()}))]
        )
        .predicate_type("https://example.com/predicate/v1")
        .build()
    )
    with SigningContext.from_trust_config(trust).signer(IdentityToken(token(stage))) as signer:
        artifact = Bundle.from_json(signer.sign_artifact(b"wheel").to_json())
        attestation = Bundle.from_json(signer.sign_dsse(statement).to_json())
    verifier.verify_artifact(b"wheel", artifact, exactly)
    kind, payload = verifier.verify_dsse(attestation, exactly)
    assert kind == "application/vnd.in-toto+json"
    assert json.loads(payload)["subject"][0]["name"] == WHEEL
    with pytest.raises(VerificationError):
        verifier.verify_artifact(b"other wheel", artifact, exactly)
    with pytest.raises(VerificationError):
        verifier.verify_artifact(b"wheel", artifact, policy.Identity(identity="someone else", issuer=ISSUER))


def test_sixteen_files_at_once_are_signed_and_verify(stage: Stage, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.whl" for number in range(16)]
    for file in files:
        file.write_text(file.name)
    signed = stage.sign(*files)
    assert signed.code == 0, signed.said
    assert stage.verify(*files).said.count("OK: ") == 16


# What does not.


@pytest.mark.parametrize(
    "identity",
    [
        RUN.identity.replace("v1.2.0", "v1.2.1"),
        RUN.identity.replace("release.yml", "other.yml"),
        RUN.identity.replace("octo/spam", "octo/eggs"),
        RUN.identity.partition("@")[0],
    ],
)
def test_another_identity_does_not_verify(stage: Stage, identity: str) -> None:
    result = stage.verify(stage.folder / WHEEL, identity=identity)
    assert result.code == 1
    assert "Certificate's SANs do not match" in result.said


def test_another_issuer_does_not_verify(stage: Stage) -> None:
    result = stage.verify(stage.folder / WHEEL, issuer="https://accounts.example.com")
    assert result.code == 1
    assert "Certificate's OIDCIssuer does not match" in result.said


def test_a_changed_file_does_not_verify(stage: Stage, wheel: Path) -> None:
    wheel.write_bytes(wheel.read_bytes() + b"\0")
    result = stage.verify(wheel)
    assert result.code == 1
    assert "Bundle message digest mismatch" in result.said


def test_the_bundle_of_another_file_does_not_verify(stage: Stage, wheel: Path) -> None:
    shutil.copy(bundle_of(stage.folder / SDIST), bundle_of(wheel))
    assert stage.verify(wheel).code == 1


def test_what_another_tags_run_signed_does_not_verify_as_this_tags(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / WHEEL
    file.write_bytes(b"wheel")
    other = replace(RUN, ref="refs/tags/v1.1.0")
    assert stage.sign(file, run=other).code == 0
    assert stage.verify(file, identity=other.identity).code == 0
    assert stage.verify(file).code == 1


def flipped(text: str) -> str:
    """Return base64 with one bit of its bytes, near their end, the other way round."""
    data = bytearray(base64.b64decode(text))
    data[-3] ^= 1
    return base64.b64encode(data).decode()


def spoil_signature(bundle: Json) -> None:
    bundle["messageSignature"]["signature"] = flipped(bundle["messageSignature"]["signature"])


def spoil_certificate(bundle: Json) -> None:
    certificate = bundle["verificationMaterial"]["certificate"]
    certificate["rawBytes"] = flipped(certificate["rawBytes"])


def log_entry(bundle: Json) -> Json:
    return bundle["verificationMaterial"]["tlogEntries"][0]


def spoil_body(bundle: Json) -> None:
    body = base64.b64decode(log_entry(bundle)["canonicalizedBody"])
    changed = body.replace(b'"apiVersion":"0.0.1"', b'"apiVersion":"0.0.1" ')
    log_entry(bundle)["canonicalizedBody"] = base64.b64encode(changed).decode()


def spoil_time(bundle: Json) -> None:
    log_entry(bundle)["integratedTime"] = str(int(log_entry(bundle)["integratedTime"]) + 1)


def spoil_promise(bundle: Json) -> None:
    promise = log_entry(bundle)["inclusionPromise"]
    promise["signedEntryTimestamp"] = flipped(promise["signedEntryTimestamp"])


def spoil_root(bundle: Json) -> None:
    proof = log_entry(bundle)["inclusionProof"]
    proof["rootHash"] = flipped(proof["rootHash"])


def spoil_checkpoint(bundle: Json) -> None:
    checkpoint = log_entry(bundle)["inclusionProof"]["checkpoint"]
    head, dash, signature = checkpoint["envelope"].rpartition(" ")
    checkpoint["envelope"] = f"{head}{dash}{flipped(signature)}\n"


@pytest.mark.parametrize(
    "spoil",
    [spoil_signature, spoil_certificate, spoil_body, spoil_time, spoil_promise, spoil_root, spoil_checkpoint],
)
def test_a_bundle_with_any_part_changed_does_not_verify(
    stage: Stage, wheel: Path, spoil: Callable[[Json], None]
) -> None:
    bundle = json.loads(bundle_of(wheel).read_bytes())
    spoil(bundle)
    bundle_of(wheel).write_text(json.dumps(bundle))
    result = stage.verify(wheel)
    assert result.code == 1
    assert "OK:" not in result.said


def test_another_instance_does_not_vouch_for_what_this_one_signed(stage: Stage, tmp_path: Path) -> None:
    with Sigstore(tmp_path / "other", stage.issuer) as other:
        result = verify(other.trust_config, stage.folder / WHEEL)
    assert result.code == 1
    assert "are you using the correct Sigstore instance?" in result.said


# Who may not sign.


def refused(result: Result, file: Path) -> None:
    """Expect that signing failed, and that there is no bundle."""
    assert result.code == 1, result.said
    assert not bundle_of(file).exists()


@pytest.fixture
def unsigned(tmp_path: Path) -> Path:
    file = tmp_path / WHEEL
    file.write_bytes(b"wheel")
    return file


def test_a_job_without_the_right_to_a_token_cannot_sign(stage: Stage, unsigned: Path) -> None:
    result = stage.sign_with({}, unsigned)
    refused(result, unsigned)
    assert "Insufficient permissions for GitHub Actions workflow" in result.said


def test_a_job_with_a_bearer_token_that_it_made_up_cannot_sign(stage: Stage, unsigned: Path) -> None:
    grant = stage.issuer.grant(job_claims(RUN, None))
    refused(stage.sign_with({**grant.variables, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "guessed"}, unsigned), unsigned)


def test_an_expired_token_cannot_sign(stage: Stage, unsigned: Path) -> None:
    result = stage.sign(unsigned, lifetime=-60)
    refused(result, unsigned)
    assert "Identity token is malformed or missing claims" in result.said


def test_outside_of_github_actions_nobody_signs_and_nothing_waits_for_an_answer(stage: Stage, unsigned: Path) -> None:
    refused(client(stage.sigstore.trust_config, "sign", str(unsigned)), unsigned)


def test_while_the_instance_is_down_signing_fails_and_verifying_does_not(stage: Stage, unsigned: Path) -> None:
    stage.sigstore.down = True
    try:
        refused(stage.sign(unsigned), unsigned)
        assert stage.verify(stage.folder / WHEEL).code == 0
    finally:
        stage.sigstore.down = False
    assert stage.sign(unsigned).code == 0


# What the endpoints refuse.


def signing_request(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def ask_certificate(stage: Stage, request: bytes, jwt: str | None) -> tuple[int, Any]:
    headers = {} if jwt is None else {"Authorization": f"Bearer {jwt}"}
    data = {"certificateSigningRequest": base64.b64encode(request).decode()}
    return post(f"{stage.sigstore.url}/api/v2/signingCert", data, headers)


def test_a_certificate_needs_a_current_token_of_the_issuer_for_sigstore(stage: Stage) -> None:
    request = signing_request(ec.generate_private_key(ec.SECP256R1()))
    assert ask_certificate(stage, request, token(stage))[0] == 200
    assert ask_certificate(stage, request, None)[0] == 401
    assert ask_certificate(stage, request, "a.b.c")[0] == 401
    assert ask_certificate(stage, request, token(stage, audience="pypi"))[0] == 401
    assert ask_certificate(stage, request, token(stage, lifetime=-1))[0] == 401


def test_a_certificate_needs_a_request_that_was_signed_with_its_key(stage: Stage) -> None:
    jwt = token(stage)
    forged = bytearray(
        base64.b64decode(b"".join(signing_request(ec.generate_private_key(ec.SECP256R1())).split(b"\n")[1:-2]))
    )
    forged[-1] ^= 1
    pem = b"-----BEGIN CERTIFICATE REQUEST-----\n%b\n-----END CERTIFICATE REQUEST-----\n" % base64.b64encode(forged)
    assert ask_certificate(stage, pem, jwt)[0] == 400
    assert ask_certificate(stage, b"no request", jwt)[0] == 400
    assert ask_certificate(stage, signing_request(rsa.generate_private_key(65537, 2048)), jwt)[0] == 400
    assert post(f"{stage.sigstore.url}/api/v2/signingCert", {}, {"Authorization": f"Bearer {jwt}"})[0] == 400


def proposal(stage: Stage, file: Path, **changes: str) -> Json:
    """Return the entry of a signed file as its signer proposed it, with changes to digest or signature."""
    body = json.loads(base64.b64decode(log_entry(json.loads(bundle_of(file).read_bytes()))["canonicalizedBody"]))
    body["spec"]["data"]["hash"]["value"] = changes.get("digest", body["spec"]["data"]["hash"]["value"])
    body["spec"]["signature"]["content"] = changes.get("signature", body["spec"]["signature"]["content"])
    return body


def test_the_log_takes_no_entry_whose_signature_does_not_fit(stage: Stage) -> None:
    entries = f"{stage.sigstore.url}/api/v1/log/entries"
    file = stage.folder / WHEEL
    assert post(entries, proposal(stage, file, digest="0" * 64))[0] == 400
    assert post(entries, proposal(stage, file, digest="abc"))[0] == 400
    assert post(entries, proposal(stage, file, digest="zz" * 32))[0] == 400
    assert post(entries, proposal(stage, file, signature="AAAA"))[0] == 400
    assert post(entries, proposal(stage, file, signature="?"))[0] == 400


@pytest.mark.parametrize(
    "data", [{}, [], None, "x", {"kind": "rekord", "apiVersion": "0.0.1"}, b"{", b"\xff", b"[" * 9999]
)
def test_the_log_refuses_what_is_no_entry(stage: Stage, data: object) -> None:
    assert post(f"{stage.sigstore.url}/api/v1/log/entries", data)[0] == 400


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
FIELDS = [
    ("spec",),
    ("spec", "data"),
    ("spec", "data", "hash", "algorithm"),
    ("spec", "data", "hash", "value"),
    ("spec", "signature", "content"),
    ("spec", "signature", "publicKey", "content"),
    ("spec", "proposedContent"),
    ("spec", "proposedContent", "envelope"),
    ("spec", "proposedContent", "verifiers"),
]


@given(st.sampled_from(["hashedrekord", "dsse"]), st.sampled_from(FIELDS), JSON_VALUES)
def test_an_entry_with_anything_at_all_in_any_field_is_refused_as_such(
    kind: str, path: tuple[str, ...], value: object
) -> None:
    envelope = json.dumps({"payload": "", "payloadType": "", "signatures": [{"sig": ""}]})
    proposed: Json = {
        "kind": kind,
        "apiVersion": "0.0.1",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": "0" * 64}},
            "signature": {"content": "", "publicKey": {"content": ""}},
            "proposedContent": {"envelope": envelope, "verifiers": [""]},
        },
    }
    inner = proposed
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says: it is answered 400
        canonical_body(proposed)


def test_a_logged_entry_is_found_again_and_another_is_not(stage: Stage) -> None:
    url = f"{stage.sigstore.url}/api/v1/log/entries/retrieve/"
    known, foreign = proposal(stage, stage.folder / WHEEL), proposal(stage, stage.folder / SDIST)
    status, found = post(url, {"entries": [known]})
    assert status == 200
    logged = log_entry(json.loads(bundle_of(stage.folder / WHEEL).read_bytes()))
    assert [entry["body"] for item in found for entry in item.values()] == [logged["canonicalizedBody"]]
    foreign["spec"]["signature"]["publicKey"]["content"] = base64.b64encode(
        base64.b64decode(foreign["spec"]["signature"]["publicKey"]["content"]) + b"\n"
    ).decode()
    assert post(url, {"entries": [foreign]}) == (200, [])
    assert post(url, {})[0] == 400
    assert post(url, [])[0] == 400


# What lasts.


def test_a_later_instance_on_the_same_folder_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    first, second = tmp_path / "first.whl", tmp_path / "second.whl"
    first.write_bytes(b"first")
    second.write_bytes(b"second")
    for file in (first, second):
        with Issuer() as issuer, Sigstore(tmp_path / "state", issuer) as sigstore:
            stage = Stage(issuer, sigstore, tmp_path)
            assert stage.sign(file).code == 0
            assert stage.verify(first).code == 0
            _, read = call("GET", f"{sigstore.url}/api/v1/log/entries?logIndex=0")
            assert call("GET", f"{sigstore.url}/api/v1/log/entries?logIndex=2")[0] == 404
    assert [log_entry(json.loads(bundle_of(file).read_bytes()))["logIndex"] for file in (first, second)] == ["0", "1"]
    (entry,) = read.values()
    assert entry["verification"]["inclusionProof"]["treeSize"] == 2
    assert verify(sigstore.trust_config, first, second).code == 0  # with nothing running any more


def test_two_instances_do_not_share_a_folder(tmp_path: Path) -> None:
    with Issuer() as issuer:
        with Sigstore(tmp_path, issuer), pytest.raises(CastoffError, match="in use"), Sigstore(tmp_path, issuer):
            pass
        with Sigstore(tmp_path, issuer) as alone:
            assert alone.url


def test_keys_that_are_no_keys_are_refused_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "keys.pem").write_text("nothing")
    with Issuer() as issuer, pytest.raises(CastoffError, match="does not hold the keys"), Sigstore(tmp_path, issuer):
        pass


def test_nobody_else_may_read_the_keys(stage: Stage) -> None:
    assert (stage.folder / "state" / "keys.pem").stat().st_mode & 0o077 == 0


def root_by_proof(leaf: bytes, index: int, size: int, path: tuple[bytes, ...]) -> bytes:
    """Return the root that a proof leads to, from the leaf upwards (RFC 9162, section 2.1.3.2)."""
    found, last = leaf, size - 1
    for item in path:
        if index % 2 or index == last:
            found = hashlib.sha256(b"\1" + item + found).digest()
            while not index % 2 and index:
                index, last = index // 2, last // 2
        else:
            found = hashlib.sha256(b"\1" + found + item).digest()
        index, last = index // 2, last // 2
    assert last == 0
    return found


def test_every_proof_of_the_log_leads_from_its_entry_to_the_root_of_its_time(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    for size in range(1, 35):
        new = log.append(Entry(b"%d" % size, size))
        assert (new.index, new.size) == (size - 1, size)
        for index in range(size):
            found = log.at(index)
            assert found is not None
            entry, proof = found
            assert entry == Entry(b"%d" % (index + 1), index + 1)
            assert proof.root == new.root == root_by_proof(leaf_hash(entry.body), index, size, proof.hashes)
    assert log.at(34) is None


def test_a_log_read_again_is_the_same_log(tmp_path: Path) -> None:
    fresh = Log(tmp_path / "fresh")
    for number in range(20):
        entry = Entry(b"%d" % number, number)
        assert Log(tmp_path / "kept").append(entry) == fresh.append(entry)
    assert Log(tmp_path / "kept").find(leaf_hash(b"7")) == 7


def test_entries_from_many_threads_get_one_place_each(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    with ThreadPoolExecutor(32) as pool:
        proofs = list(pool.map(log.append, [Entry(b"%d" % number, 0) for number in range(200)]))
    assert sorted(proof.index for proof in proofs) == list(range(200))
    for number, proof in enumerate(proofs):
        assert root_by_proof(leaf_hash(b"%d" % number), proof.index, proof.size, proof.hashes) == proof.root
    assert Log(tmp_path / "log").append(Entry(b"", 0)).size == 201


def test_a_line_torn_by_a_crash_is_dropped_and_any_other_damage_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "log"
    Log(file).append(Entry(b"whole", 1))
    whole = file.read_bytes()
    file.write_bytes(whole + b'{"integratedTime": 2, "bo')
    assert Log(file).append(Entry(b"next", 3)).index == 1
    assert file.read_bytes().startswith(whole)
    assert len(file.read_bytes().splitlines()) == 2
    file.write_bytes(b"{}\n" + whole)
    with pytest.raises(CastoffError, match="damaged"):
        Log(file)
