"""The measure of fee control runs its three processes, and every payment ends in supply or in work for people."""

import json
import subprocess
import sys


def test_every_payment_ends_in_a_closed_relay_or_in_work():
    asked = ["--meters", "100", "--payments", "10", "--file-rows", "6", "--faulty-permille", "200", "--json"]
    done = subprocess.run(
        [sys.executable, "-c", "from zaikong.cli import main; main()", "bench", "feecontrol", *asked],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )

    figures = json.loads(done.stdout)

    ends = figures["ends"]
    assert ends["lost"] == 0
    assert sum(ends["by_fault"].values()) == 16
    assert [end for end in ends["by_fault"] if end.startswith("sound:")] == ["sound: done"]
    sound = ends["by_fault"]["sound: done"]
    assert figures["single"]["restored"] + figures["file"]["restored"] == sound
    assert (figures["single"]["sound_not_restored"], figures["file"]["sound_not_restored"]) == (0, 0)
    failed = sum(count for end, count in ends["by_fault"].items() if end.endswith("failed"))
    assert sum(ends["failures_by_cause"].values()) >= failed
    assert figures["reading"]["confirmed"] == 100
