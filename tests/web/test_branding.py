"""A client's name, logo, colour and contact on pages of users and senders and in digests: nothing active, nothing remote."""

from __future__ import annotations

import io
from email import message_from_bytes
from zoneinfo import ZoneInfo

import pytest
from django_scopes import scope
from PIL import Image, PngImagePlugin

from ecluse.control.accounts.roles import Role
from ecluse.control.audit.models import Entry
from ecluse.control.mail.digests import DigestContent
from ecluse.control.tenants.branding import Look, TooBright, branding_of, contrast_with_white, set_branding
from ecluse.control.tenants.logo import HEIGHT, MAX_SIDE, WIDTH, BadLogo, drawn_anew
from ecluse.domain.ids import new_id
from ecluse.web.digests.mail import digest_mail
from ecluse.wire.letters import octets_of
from tests.control.cast import ADMIN

FORM = {"name": "One & Co", "colour": "#0A58CA", "contact": "Ask <b>Ann</b>\n+33 1"}


def picture(size=(900, 300), kind="PNG", **more):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **more)
    return out.getvalue()


@pytest.fixture
def one(cast):
    with scope(client=cast.one):
        yield cast.one


class TestLogo:
    def test_only_its_pixels_are_kept(self):
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Comment", "<script>alert(1)</script>")
        made = drawn_anew(picture(pnginfo=notes) + b"<?php evil() ?>")
        assert b"script" not in made
        assert b"php" not in made
        with Image.open(io.BytesIO(made)) as kept:
            assert kept.format == "PNG"
            assert kept.width <= WIDTH
            assert kept.height <= HEIGHT
            assert kept.getpixel((0, 0)) == (255, 0, 0, 255)

    def test_a_photograph_is_taken_too(self):
        assert drawn_anew(picture(kind="JPEG")).startswith(b"\x89PNG")

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            picture(kind="GIF"),
            picture()[:60],
            picture((MAX_SIDE + 1, 1)),
            picture() + bytes(600_000),
        ],
        ids=["nothing", "svg", "gif", "cut", "wide", "large"],
    )
    def test_what_is_none_is_not_taken(self, content):
        with pytest.raises(BadLogo):
            drawn_anew(content)


class TestColour:
    def test_contrast_is_as_the_guidelines_compute_it(self):
        assert contrast_with_white("#000000") == pytest.approx(21)
        assert contrast_with_white("#ffffff") == pytest.approx(1)
        assert contrast_with_white("#767676") == pytest.approx(4.54, abs=0.01)

    @pytest.mark.parametrize("colour", ["#ffcc00", "#777777", "red", "#000;}", "url(x)"])
    def test_one_that_hides_white_letters_or_is_none_is_not_taken(self, one, colour):
        with pytest.raises(TooBright):
            set_branding(one, Look(colour=colour), logo=None, by=ADMIN)


class TestPages:
    @pytest.fixture
    def base(self, cast):
        return f"/clients/{cast.one.pk}/branding/"

    @pytest.fixture
    def ann(self, cast):
        return cast.browser(Role.ADMINISTRATOR)

    def upload(self, content=None):
        file = io.BytesIO(picture() if content is None else content)
        file.name = "logo.png"
        return file

    def test_it_is_set_and_stands_on_the_users_pages(self, cast, ann, base):
        assert "Saved." in ann.post(base, {**FORM, "logo": self.upload()}, follow=True).text
        kept = branding_of(cast.one)
        page = ann.get(f"/clients/{cast.one.pk}/mine/").text
        assert 'alt="One &amp; Co"' in page
        assert "Ask &lt;b&gt;Ann&lt;/b&gt;<br>+33 1" in page
        assert f"/brand/{kept.public_id}.css" in page
        assert Entry.objects.get(action="branding.set").after["colour"] == "#0a58ca"

    def test_its_files_are_there_for_everybody_who_has_the_address(self, cast, ann, base, client):
        ann.post(base, {**FORM, "logo": self.upload()})
        kept = branding_of(cast.one)
        logo, colours = (client.get(f"/brand/{kept.public_id}.{kind}") for kind in ("png", "css"))
        assert (logo.headers["Content-Type"], logo.content) == ("image/png", bytes(kept.logo))
        assert "background: #0a58ca" in colours.text
        assert logo.headers["X-Content-Type-Options"] == "nosniff"
        ann.post(base, {**FORM, "drops_logo": "on"})
        assert client.get(f"/brand/{kept.public_id}.png").status_code == 404
        assert branding_of(cast.one).logo is None

    def test_without_a_new_file_the_logo_stays(self, cast, ann, base):
        ann.post(base, {**FORM, "logo": self.upload()})
        ann.post(base, FORM)
        assert branding_of(cast.one).logo

    @pytest.mark.parametrize(
        ("field", "value", "says"),
        [
            ("colour", "#ffff00", "White letters could not be read"),
            ("contact", "\n".join("abcdef"), "too many lines"),
        ],
    )
    def test_what_is_not_right_is_said_beside_the_field(self, ann, base, field, value, says):
        assert says in ann.post(base, {**FORM, field: value}).text

    def test_a_file_that_is_no_picture_is_not_kept(self, cast, ann, base):
        assert "This is no PNG or JPEG" in ann.post(base, {**FORM, "logo": self.upload(b"<svg/>")}).text
        assert branding_of(cast.one) is None

    def test_a_client_without_one_has_no_band(self, cast, ann):
        assert 'class="brand ' not in ann.get(f"/clients/{cast.one.pk}/mine/").text


class TestDigest:
    def mail(self, one):
        content = DigestContent(
            client=one,
            recipient="paul@one.example",
            language="en",
            time_zone=ZoneInfo("Europe/Paris"),
            lines=(),
            more=1,
            asks_for_login=False,
            branding=branding_of(one),
        )
        return digest_mail(content)

    def test_the_logo_is_in_the_mail_itself(self, one):
        set_branding(one, Look("One & Co", "#0a58ca", "Ask Ann"), logo=picture(), by=ADMIN)
        mail = self.mail(one)
        message = message_from_bytes(octets_of(mail, new_id(), 0.0))
        assert message.get_content_type() == "multipart/related"
        image = message.get_payload()[1]
        assert (image["Content-ID"], image.get_content_type()) == ("<logo@ecluse>", "image/png")
        page = mail.page
        assert 'src="cid:logo@ecluse"' in page
        assert "<img" not in page.replace('<img src="cid:', "")
        assert "background:#0a58ca" in page
        assert mail.text.startswith("One & Co\n")
        assert "Ask Ann" in mail.text

    def test_without_branding_it_is_as_before(self, one):
        mail = self.mail(one)
        assert b"multipart/alternative" in octets_of(mail, new_id(), 0.0).split(b"\r\n\r\n")[0]
        assert "cid:" not in mail.page
