"""fetch: a page in the object's place, and where a redirect leads, each beside its innocent twin."""

import asyncio
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from probe.look.eyes import eyes_of
from probe.look.hop import Request
from probe.look.look import look as look_at
from probe.nettests.endpoint import Surroundings
from tests.probe.endpoints import fetching
from tests.probe.endpoints.fetching import CONTENT, MEDIA, SERVICE, STRANGER
from tests.support import web

home, control, fetched = fetching.home, fetching.control, fetching.fetched


PAGE = "<html><head><title>Accès bloqué pour 203.0.113.7</title></head></html>".encode()
PAGES = {
    "403": (
        web.body(PAGE, "text/html", 403),
        {"status_403", "html_instead", "title_of_refusal", "hash_differs"},
    ),
    "451": (
        web.body(PAGE, "text/html", 451),
        {"status_451", "html_instead", "title_of_refusal", "hash_differs"},
    ),
    "200": (web.body(PAGE, "text/html; charset=utf-8"), {"html_instead", "title_of_refusal", "hash_differs"}),
}


@pytest.mark.parametrize("name", PAGES)
def test_block_pages(name, fetched, authority):
    """A page in the object's place is told by its signs; the home's address in it is not told to anybody."""
    handler, signs = PAGES[name]
    with web.served(handler, authority.context(SERVICE)) as running:
        look = fetched(running.port)
    assert "ok" == look.failure
    assert signs | {"length_differs"} == set(look.signs)
    assert "Accès bloqué pour <line>" == look.title
    assert b"203.0.113.7" not in msgspec.json.encode(look)


def title(words: str) -> bytes:
    """A page with that title."""
    return f"<html><head><title>{words}</title></head><body>…</body></html>".encode()


OBJECT = title("Journal de la Pointe-Bleue")
REFUSALS = {
    "fr": "Accès bloqué",
    "en": "Access Denied",
    "ar": "هذا الموقع محجوب",
    "fa": "این سایت مسدود شده است",
    "es": "Sitio web bloqueado",
    "pt": "Acesso negado",
    "it": "Sito oscurato dall’autorità",
    "de": "Seite gesperrt",
    "nl": "Deze site is geblokkeerd",
    "ru": "Доступ ограничен",
    "uk": "Сайт заблоковано",
    "pl": "Dostęp zabroniony",
    "tr": "Bu siteye erişim engellenmiştir",
    "id": "Situs ini diblokir",
    "vi": "Trang này đã bị chặn",
    "th": "เว็บไซต์นี้ถูกระงับ",
    "zh": "禁止访问",
    "ko": "접속이 차단되었습니다",
    "ja": "アクセス禁止",
    "hi": "यह साइट प्रतिबंधित है",
}


@pytest.mark.parametrize("language", REFUSALS)
def test_a_refusal_in_any_language(language, fetched, authority):
    """A page from the service's own delivery network, under its valid certificate, status 200, of the type expected: the title tells."""
    page = web.body(title(REFUSALS[language]), "text/html; charset=utf-8")
    with web.served(page, authority.context(SERVICE)) as running:
        look = fetched(running.port, sha256=None, media_type="text/html", length_bytes=None)
    assert look.certificate is not None
    assert (206, True, ("title_of_refusal",)) == (look.status, look.certificate.valid, look.signs)


SAME_PLACE: dict[str, Any] = {
    "status 403": (web.body(OBJECT, "text/html", 403), {}, {"status_403"}),
    "status 451": (web.body(OBJECT, "text/html", 451), {}, {"status_451"}),
    "another length": (
        web.body(title("Journal"), "text/html"),
        {"length_bytes": len(OBJECT)},
        {"length_differs"},
    ),
    "another hash": (
        web.body(title("Journal de la Pointe-Noire"), "text/html"),
        {"length_bytes": len(OBJECT), "sha256": sha256(OBJECT).digest()},
        {"hash_differs"},
    ),
    "the object": (
        web.body(OBJECT, "text/html"),
        {"length_bytes": len(OBJECT), "sha256": sha256(OBJECT).digest()},
        set(),
    ),
    "nothing that the catalogue knows": (
        web.body(title("Journal de la Pointe-Noire"), "text/html"),
        {},
        set(),
    ),
}


@pytest.mark.parametrize("case", SAME_PLACE)
def test_a_page_from_the_objects_own_place(case, fetched, authority):
    """Address and certificate are the service's: what the catalogue knows tells, and where it knows nothing, nothing does but hashes."""
    handler, known, signs = SAME_PLACE[case]
    with web.served(handler, authority.context(SERVICE)) as running:
        look = fetched(
            running.port, **{"sha256": None, "media_type": "text/html", "length_bytes": None, **known}
        )
    assert ("ok", signs) == (look.failure, set(look.signs))
    assert look.certificate is not None
    assert look.certificate.valid
    # Kept in any case, so that homes can be compared.
    assert (case != "the object" and "status" not in case) == (look.body_sha256 != sha256(OBJECT).digest())


def test_a_redirect_to_a_block_page(fetched, authority):
    """Sent to the provider's own host over HTTP: where to is recorded, less path and query."""
    with web.served(web.body(PAGE, "text/html"), None) as block:
        onward = web.redirect(f"http://{STRANGER}:{block.port}/why?ip=203.0.113.7")
        with web.served(onward, authority.context(SERVICE)) as running:
            look = fetched(running.port)
    assert "redirected_elsewhere" in look.signs
    assert [(302, "http", STRANGER)] == [(r.status, r.scheme, r.host) for r in look.redirects]
    assert b"203.0.113.7" not in msgspec.json.encode(look)


def test_a_redirect_within_the_service_is_no_sign(fetched, authority, home):
    """The innocent twin: the service sends to another host of its own."""
    home.zone["edge.musee.example"] = ("127.0.0.1",)
    with web.served(web.body(CONTENT, MEDIA), authority.context("edge.musee.example")) as edge:
        onward = web.redirect(f"https://edge.musee.example:{edge.port}/clip")
        with web.served(onward, authority.context(SERVICE)) as running:
            look = fetched(running.port)
    assert ("ok", (), 1) == (look.failure, look.signs, len(look.redirects))


def test_a_redirect_to_a_service_that_is_off(net, authority, home):
    """Where it leads is recorded; the host is neither looked up nor contacted."""
    home.zone["www.off.example"] = ("127.0.0.1",)
    with web.served(web.body(CONTENT, MEDIA), None) as off:
        onward = web.redirect(f"http://WWW.off.example:{off.port}/clip")
        with web.served(onward, authority.context(SERVICE)) as running:
            surroundings = Surroundings(
                lab=True,
                resolver=("127.0.0.1", home.port),
                ca_pem=authority.pem,
                off_domains=("off.example",),
            )
            request = Request("original", f"https://{SERVICE}:{running.port}/", 1000, "ipv4")
            look = asyncio.run(look_at(eyes_of(net, surroundings, 5.0), request))
        assert [] == off.asked
    assert ("address_forbidden", None, None) == (look.failure, look.address, look.dns_us)
    assert ["www.off.example"] == [redirect.host.lower() for redirect in look.redirects]
