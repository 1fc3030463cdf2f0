"""E-mail by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from wallet_api.ports.delivery import DeliveryError, Message

TIMEOUT_SECONDS = 10


class SmtpMessenger:
    """``Messenger`` over one connection a message: slow enough to be simple, safe to repeat."""

    def __init__(self, url: str, sender: str) -> None:
        """``url``: smtp:// (STARTTLS when offered) or smtps://, with user:password if needed."""
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._tls else 25)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender

    def send(self, message: Message) -> None:
        """Hand the message to the relay; raises ``DeliveryError``."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, message.to, message.subject
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text)
        try:
            with self._connect() as server:
                self._greet(server)
                server.send_message(mail)
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(type(error).__name__) from None

    def _connect(self) -> smtplib.SMTP:
        if not self._tls:
            return smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_SECONDS)
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_SECONDS, context=context)

    def _greet(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        if not self._tls and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
        if self._user:
            server.login(self._user, self._password)
