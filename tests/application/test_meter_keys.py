import pytest

from zaikong.application.meter_keys import UnableToReadKeysError, keys_file, meter_keys
from zaikong.kernel.refusal import Refusal
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Wire
from zaikong.store.server import var_folder


def test_the_file_lies_in_the_installation_unless_another_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv("ZAIKONG_METER_KEYS", raising=False)
    assert keys_file() == var_folder() / "meter_keys.yaml"
    monkeypatch.setenv("ZAIKONG_METER_KEYS", str(tmp_path / "keys.yaml"))
    assert keys_file() == tmp_path / "keys.yaml"


def test_keys_are_read_from_the_file_named(monkeypatch, tmp_path):
    path = tmp_path / "keys.yaml"
    path.write_text('default: {password: "c0ffee"}', encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv("ZAIKONG_METER_KEYS", str(path))
    meter = MeterAddress(Wire.DLT698, "000000000001", Endpoint("10.0.0.1", 1))
    assert meter_keys().credentials_of(meter) == Credentials("c0ffee")


def test_what_is_wrong_with_the_file_is_a_refusal_that_says_how_to_mend_it(monkeypatch, tmp_path):
    monkeypatch.setenv("ZAIKONG_METER_KEYS", str(tmp_path / "keys.yaml"))
    with pytest.raises(UnableToReadKeysError) as caught:
        meter_keys()
    assert isinstance(caught.value, Refusal)
    assert caught.value.code == "KEYS_MISSING"
    assert str(tmp_path / "keys.yaml") in str(caught.value)
