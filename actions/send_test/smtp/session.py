"""An SMTP session up to the point at which one may sign in, and the result of each step."""

from __future__ import annotations

import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager

from actions.send_test.smtp.endpoint import REPLACED, Endpoint
from actions.send_test.smtp.step import SmtpStep, Status, StepFailed, is_temporary, reply_text
from hve_monitor.plural import plural
from hve_monitor.smtp import Dialogue

READY, DONE = 220, 250
LONGEST_STEPS = 4  # the whole dialogue lasts at most as long as so many steps may
SIGN_IN_WITH = ("LOGIN", "PLAIN", "XOAUTH2")
DAYS_TO_RENEW = 21
DAY_SECONDS = 86_400


class Session:
    """The dialogue with one endpoint. `steps` grows; a failed step raises StepFailed."""

    def __init__(self, endpoint: Endpoint, context: ssl.SSLContext, timeout: float) -> None:
        self._endpoint, self._context, self._timeout = endpoint, context, timeout
        self._seconds = LONGEST_STEPS * timeout
        self.steps: list[SmtpStep] = []
        self._socket: socket.socket | None = None
        self._client: Dialogue | None = None

    @property
    def client(self) -> Dialogue:
        """The open connection."""
        if self._client is None:
            raise StepFailed("the session is not open")
        return self._client

    @property
    def mechanisms(self) -> list[str]:
        """Ways to sign in that the server offers at this moment."""
        return str(self.client.esmtp_features.get("auth", "")).upper().split()

    def open(self) -> None:
        """From the name to the offers behind TLS. Raises: StepFailed."""
        self._resolve()
        self._connect()
        self._hello("ehlo")
        self._start_tls()
        self._examine_certificate()
        self._hello("capabilities")
        self._examine_mechanisms()

    def close(self) -> None:
        """Says goodbye where that is possible."""
        try:
            if self._client is not None:
                self._client.quit()
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            if self._socket is not None:
                self._socket.close()

    def passed(self, step: str, detail: str, reply: str | None = None) -> None:
        """Notes a step that went well."""
        self.steps.append(SmtpStep(step, "ok", detail, reply))

    def fail(self, step: str, detail: str, reply: str | None = None) -> StepFailed:
        """Notes a failed step; the caller raises what is returned."""
        self.steps.append(SmtpStep(step, "failed", detail, reply, is_temporary(reply)))
        return StepFailed(detail)

    @contextmanager
    def attempt(self, step: str) -> Iterator[None]:
        """Whatever the network or the server does wrong becomes a failed step."""
        try:
            yield
        except smtplib.SMTPResponseException as error:
            reply = reply_text(error.smtp_code, error.smtp_error)
            raise self.fail(step, "the server refused", reply) from None
        except smtplib.SMTPNotSupportedError as error:
            raise self.fail(step, str(error)) from None
        except ssl.SSLCertVerificationError as error:
            raise self.fail("certificate", error.verify_message or str(error)) from None
        except ssl.SSLError as error:
            raise self.fail(step, f"TLS failed: {error.reason or error}") from None
        except (OSError, smtplib.SMTPException, ValueError) as error:
            words = getattr(error, "strerror", None) or str(error) or type(error).__name__
            words = words.rpartition("unexpectedly closed: ")[2]  # smtplib's wrap of the reason
            network = isinstance(error, (OSError, smtplib.SMTPServerDisconnected))
            self.steps.append(SmtpStep(step, "failed", words, temporary=network))
            raise StepFailed(words) from None

    def _resolve(self) -> None:
        host = self._endpoint.host
        if host.lower() in REPLACED:
            self.steps.append(SmtpStep("endpoint", "warn", f"{host} {REPLACED[host.lower()]}"))
        with self.attempt("dns"):
            try:
                entries = socket.getaddrinfo(host, self._endpoint.port, type=socket.SOCK_STREAM)
            except UnicodeError:
                raise OSError(f"{host[:80]}: name or service not known") from None
            addresses = dict.fromkeys(str(entry[4][0]) for entry in entries)
            self.passed("dns", f"{host} is {', '.join(addresses)}")

    def _connect(self) -> None:
        place = (self._endpoint.host, self._endpoint.port)
        with self.attempt("tcp"):
            began = time.monotonic()
            self._socket = socket.create_connection(place, self._timeout)
            milliseconds = (time.monotonic() - began) * 1000
            self.passed("tcp", f"connected to port {place[1]} in {milliseconds:.0f} ms")
        with self.attempt("banner"):
            client = Dialogue("", 0, self._timeout, self._seconds, local_hostname=_own_name())
            client.sock = self._socket
            self._client = client
            code, answer = client.getreply()
            if code != READY:
                raise self.fail("banner", "the server refused", reply_text(code, answer))
            self.passed("banner", "the server is ready", reply_text(code, answer))

    def _hello(self, step: str) -> None:
        with self.attempt(step):
            code, answer = self.client.ehlo()
            if code != DONE:
                raise self.fail(step, "the server refused EHLO", reply_text(code, answer))
            offers = self.client.esmtp_features
            words = (" ".join([name.upper(), value]).strip() for name, value in offers.items())
            self.passed(step, ", ".join(words) or "no extension", reply_text(code, answer))

    def _start_tls(self) -> None:
        if not self.client.has_extn("starttls"):
            raise self.fail("starttls", "the server offers no STARTTLS")
        with self.attempt("starttls"):
            code, answer = self.client.docmd("STARTTLS")
            if code != READY:
                raise self.fail("starttls", "the server refused", reply_text(code, answer))
            self.passed("starttls", "offered and accepted", reply_text(code, answer))
        with self.attempt("tls"):
            self._wrap()

    def _wrap(self) -> None:
        """What SMTP.starttls does behind the command, and nothing that came before TLS is kept."""
        client, plain = self.client, self.client.sock
        if plain is None:
            raise smtplib.SMTPServerDisconnected("connection unexpectedly closed")
        wrapped = self._context.wrap_socket(plain, server_hostname=self._endpoint.host)
        client.sock, client.file = wrapped, None
        client.helo_resp = client.ehlo_resp = None
        client.esmtp_features, client.does_esmtp = {}, False
        self._socket = wrapped
        self.passed("tls", f"{wrapped.version()}, {(wrapped.cipher() or ('unknown',))[0]}")

    def _examine_certificate(self) -> None:
        wrapped = self.client.sock
        certificate = wrapped.getpeercert() if isinstance(wrapped, ssl.SSLSocket) else None
        if not certificate:
            raise self.fail("certificate", "the server showed no certificate")
        ends = str(certificate["notAfter"])
        days = int((ssl.cert_time_to_seconds(ends) - time.time()) // DAY_SECONDS)
        names = [str(pair[1]) for pair in certificate.get("subjectAltName", ())]
        detail = f"valid for {', '.join(names[:5])}, {plural(days, 'day')} left (until {ends})"
        status: Status = "warn" if days < DAYS_TO_RENEW else "ok"
        self.steps.append(SmtpStep("certificate", status, detail))

    def _examine_mechanisms(self) -> None:
        usable = [name for name in self.mechanisms if name in SIGN_IN_WITH]
        if not usable:
            offered = ", ".join(self.mechanisms) or "nothing"
            raise self.fail("auth", f"the server offers no usable authentication ({offered})")
        status: Status = "ok" if "XOAUTH2" in usable else "warn"
        detail = f"offers {', '.join(self.mechanisms)}" + ("" if status == "ok" else "; no OAuth")
        self.steps.append(SmtpStep("auth", status, detail))


def _own_name() -> str:
    """This machine's name for EHLO; an address literal where the name is none for SMTP."""
    name = socket.gethostname()
    return (
        name
        if name.isascii() and name.replace("-", "").replace(".", "").isalnum()
        else "[127.0.0.1]"
    )
