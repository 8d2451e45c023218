"""Credentials of meters, as whoever speaks to meters gets them."""

import pytest

from zaikong.application.commanding.keys import meter_keys
from zaikong.application.meter_keys import VARIABLE, UnableToReadKeysError
from zaikong.meterio.session import Credentials, Endpoint, MeterAddress, Wire

METER = MeterAddress(Wire.DLT645, "000000000001", Endpoint("10.0.0.1", 7001))


def written(folder, text):
    path = folder / "keys.yaml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return str(path)


def test_a_meter_gets_what_its_entry_says(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, written(tmp_path, 'meters: {"000000000001": {password: "a1b2c3", level: 4}}'))
    assert meter_keys()(METER) == Credentials("a1b2c3", level=4)


def test_a_meter_no_entry_speaks_of_is_refused_with_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, written(tmp_path, 'meters: {"000000000002": {password: "a1b2c3"}}'))
    with pytest.raises(UnableToReadKeysError) as caught:
        meter_keys()(METER)
    assert (caught.value.code, caught.value.fields) == ("KEY_MISSING", {"meter": "000000000001"})
    assert "a1b2c3" not in str(caught.value)


def test_a_file_that_is_missing_is_refused_at_once(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "none.yaml"))
    with pytest.raises(UnableToReadKeysError) as caught:
        meter_keys()
    assert caught.value.code == "KEYS_MISSING"
