"""Where a channel leads: a real server that answers, refuses, is silent or is not there; and a file."""

import json
import logging
import stat
from datetime import datetime

import pytest

from zaikong.application.messaging.targets import (
    FileOutbox,
    Parcel,
    Provider,
    Refused,
    Taken,
    UnableToUseTargetError,
    Unknown,
    targets_of,
)
from zaikong.kernel.period import TIME_ZONE

AT = datetime(2025, 7, 31, 9, 0, tzinfo=TIME_ZONE)
PARCEL = Parcel("M7", "sms", "13800000001", "电费逾期催交", "共100.00元")


def test_a_provider_that_takes_it(gateway):
    assert Provider(gateway.address, channel="sms").hand_over(PARCEL, at=AT) == Taken()
    (told,) = gateway.got
    assert (told["title"], told["message"], told["to"], told["reference"]) == (
        "电费逾期催交",
        "共100.00元",
        "13800000001",
        "M7",
    )


@pytest.mark.parametrize("status", [400, 401, 500, 503])
def test_a_provider_that_says_no(gateway, status):
    gateway.answer = status
    handed = Provider(gateway.address, channel="sms").hand_over(PARCEL, at=AT)
    assert handed == Refused(f"the provider refused: error={status}", again=False)


def test_a_provider_that_is_spoken_to_and_does_not_answer_is_not_known(gateway):
    gateway.answer = "silence"
    assert Provider(gateway.address, channel="sms").hand_over(PARCEL, at=AT) == Unknown("the provider did not answer")
    assert len(gateway.got) == 1


def test_a_provider_that_is_not_there_was_never_reached(gateway):
    provider = Provider(gateway.address, channel="sms")
    gateway.close()
    assert provider.hand_over(PARCEL, at=AT) == Refused("the provider was not reached", again=True)


def test_nothing_of_a_message_goes_into_the_logs(gateway, caplog):
    with caplog.at_level(logging.DEBUG):
        Provider(gateway.address, channel="sms").hand_over(PARCEL, at=AT)
    assert "13800000001" not in caplog.text
    assert "100.00" not in caplog.text


def test_an_address_apprise_does_not_know_is_refused():
    with pytest.raises(UnableToUseTargetError) as refused:
        targets_of({"sms": "nonsense://x"}, outbox=None)
    assert refused.value.code == "TARGET_WRONG"


def test_a_channel_without_an_address_leads_to_the_file(gateway, tmp_path):
    targets = targets_of({"sms": gateway.address, "voice": " "}, outbox=tmp_path)
    assert {channel: type(target).__name__ for channel, target in targets.items()} == {
        "sms": "Provider",
        "app": "FileOutbox",
        "email": "FileOutbox",
        "voice": "FileOutbox",
    }


def lines(folder):
    (path,) = folder.glob("*.jsonl")
    return path, path.read_text(encoding="utf-8").splitlines()


def test_the_file_gets_one_line_a_message_that_only_its_owner_reads(tmp_path):
    outbox = FileOutbox(tmp_path / "outbox")
    assert outbox.hand_over(PARCEL, at=AT) == Taken()
    path, written = lines(tmp_path / "outbox")
    assert path.name == "2025-07-31.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [json.loads(line)["reference"] for line in written] == ["M7"]
    assert (outbox.has("M7"), outbox.has("M")) == (True, False)


def test_a_line_torn_by_a_crash_counts_as_nothing_and_spoils_no_other(tmp_path):
    outbox = FileOutbox(tmp_path)
    (tmp_path / "2025-07-31.jsonl").write_text('{"reference": "M6", "bo', encoding="utf-8")
    assert outbox.has("M6") is False
    outbox.hand_over(PARCEL, at=AT)
    assert (outbox.has("M6"), outbox.has("M7"), len(lines(tmp_path)[1])) == (False, True, 2)


def test_a_folder_that_cannot_be_written_refuses_and_may_be_tried_again(tmp_path):
    (tmp_path / "outbox").write_text("a file stands here", encoding="utf-8")
    handed = FileOutbox(tmp_path / "outbox").hand_over(PARCEL, at=AT)
    assert isinstance(handed, Refused)
    assert handed.again
