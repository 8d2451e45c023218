import os
import pickle
import traceback

import pytest

from zaikong.meterio.keyring import Keyring, UnableToReadKeysError, line_name
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Wire

GOOD = """
default: {password: "c0ffee", level: 2, operator: "00000001"}
concentrators:
  10.0.0.7:7001: {password: "1a2b3c"}
  /dev/ttyS1: {password: "5e5e5e", level: 3}
meters:
  "000000000042": {password: "4d5e6f", level: 4, operator: "00000012"}
"""


def written(folder, text, *, mode=0o600):
    path = folder / "meter_keys.yaml"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def address(number, host="10.0.0.9", port=7001):
    return MeterAddress(Wire.DLT645, f"{number:012d}", Endpoint(host, port))


def refused(path):
    with pytest.raises(UnableToReadKeysError) as caught:
        Keyring.read(path)
    return caught.value


@pytest.mark.parametrize(
    ("meter", "credentials"),
    [
        (address(42), Credentials("4d5e6f", 4, "00000012")),
        (address(42, host="10.0.0.7"), Credentials("4d5e6f", 4, "00000012")),
        (address(7, host="10.0.0.7"), Credentials("1a2b3c", 2, "00000000")),
        (address(7, host="/dev/ttyS1", port=0), Credentials("5e5e5e", 3, "00000000")),
        (address(7), Credentials("c0ffee", 2, "00000001")),
    ],
)
def test_the_most_particular_entry_counts(tmp_path, meter, credentials):
    assert Keyring.read(written(tmp_path, GOOD)).credentials_of(meter) == credentials


def test_a_meter_no_entry_speaks_of_has_no_key(tmp_path):
    keyring = Keyring.read(written(tmp_path, 'meters: {"000000000042": {password: "4d5e6f"}}'))
    with pytest.raises(UnableToReadKeysError) as caught:
        keyring.credentials_of(address(7))
    assert (caught.value.code, caught.value.fields) == ("KEY_MISSING", {"meter": "000000000007"})


def test_a_missing_file_is_named_with_the_form_it_should_have(tmp_path):
    fault = refused(tmp_path / "meter_keys.yaml")
    assert (fault.code, fault.fields) == ("KEYS_MISSING", {"file": str(tmp_path / "meter_keys.yaml")})
    assert "0600" in fault.remedy
    assert "default: {password:" in fault.remedy


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o700, 0o400])
def test_a_file_of_another_mode_is_refused_and_says_how_to_mend_it(tmp_path, mode):
    path = written(tmp_path, GOOD, mode=mode)
    if not os.access(path, os.R_OK):
        path.chmod(mode | 0o400)
    fault = refused(path)
    assert fault.code == "KEYS_OPEN_TO_OTHERS"
    assert fault.remedy.startswith(f"chmod 0600 {path}")
    assert fault.fields["mode"] == f"{mode:04o}"


def test_a_link_or_a_folder_is_no_file_of_keys(tmp_path):
    link = tmp_path / "link.yaml"
    link.symlink_to(written(tmp_path, GOOD))
    assert refused(link).code == "KEYS_UNREADABLE"
    assert refused(tmp_path).code == "KEYS_UNREADABLE"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no list of names"),
        ("{}", "nothing in it"),
        ("[secret1]", "no list of names"),
        ("default: secret1", "`default`"),
        ("default: {}", "`default` has no password"),
        ("default: {password: 123456}", "in quotes"),
        ('default: {password: ""}', "`default` has no password"),
        ('default: {password: "secret1", level: 12}', "level"),
        ('default: {password: "secret1", level: true}', "level"),
        ('default: {password: "secret1", operator: "12"}', "operator"),
        ('default: {password: "secret1", pasword: "secret2"}', "more than"),
        ('defaults: {password: "secret1"}', "more than"),
        ('meters: {"42": {password: "secret1"}}', "twelve digits"),
        ('meters: {000000000042: {password: "secret1"}}', "in quotes"),
        ('default: {password: "secret1"}\ndefault: {password: "secret2"}', "given twice, at line 1"),
        ('default: {password: "secret1"', "no YAML"),
        ("default: !!python/object/apply:os.system [secret1]", "no YAML"),
    ],
)
def test_what_is_not_of_the_form_is_refused_without_being_quoted(tmp_path, text, says):
    path = written(tmp_path, text)
    fault = refused(path)
    shown = "".join(traceback.format_exception(fault)) + repr(fault) + repr(fault.fields) + fault.remedy
    assert fault.code == "KEYS_MALFORMED"
    assert says in fault.message
    assert str(path) in fault.message
    assert "secret" not in shown + repr(fault.__context__)
    assert "123456" not in shown


def test_no_key_is_shown_by_whatever_holds_it(tmp_path):
    keyring = Keyring.read(written(tmp_path, GOOD))
    shown = repr(keyring) + str(keyring) + repr(keyring.credentials_of(address(42)))
    for secret in ("c0ffee", "1a2b3c", "5e5e5e", "4d5e6f", "00000012"):
        assert secret not in shown


def test_what_is_no_text_is_refused(tmp_path):
    path = tmp_path / "keys.yaml"
    path.write_bytes(pickle.dumps("secret1") + b"\xff\xfe")
    path.chmod(0o600)
    assert refused(path).code == "KEYS_MALFORMED"


def test_a_line_is_named_by_host_and_port_or_by_its_device():
    assert line_name(Endpoint("10.0.0.7", 7001)) == "10.0.0.7:7001"
    assert line_name(Endpoint("/dev/ttyS1", 0)) == "/dev/ttyS1"
