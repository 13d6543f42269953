"""The shipped nginx configuration, laid out in a folder of this machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import trustme

from tests.places import ROOT

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
NAME = "hve.contoso.com"
SHIPPED = ROOT / "deploy" / "proxy" / "nginx.conf"
LISTEN, BEHIND = "listen 8443 ssl", "http://127.0.0.1:8501"
MAIN = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/hve.conf;
}}
"""


def laid_out(folder: Path, authority: trustme.CA, places: Mapping[str, str]) -> list[str]:
    """The command that runs it, with a certificate of its name.

    Only what `places` names differs from what is shipped.
    """
    assert NGINX, "nginx is not installed"
    certificate = authority.issue_cert(NAME)
    certificate.private_key_pem.write_to_path(str(folder / "hve.key"))
    for part in certificate.cert_chain_pems:
        part.write_to_path(str(folder / "hve.pem"), append=True)
    shipped = SHIPPED.read_text(encoding="utf-8")
    for place, own in {**places, "/etc/nginx/certificates": str(folder)}.items():
        assert place in shipped, place
        shipped = shipped.replace(place, own)
    (folder / "hve.conf").write_text(shipped, encoding="utf-8")
    # The folder is for us alone; nginx would give its workers to another user.
    user = "user root;\n" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(user + MAIN.format(folder=folder), encoding="utf-8")
    return [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
