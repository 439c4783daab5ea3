from email.utils import formatdate

import pytest

from extension_pool.ops.posting.answer import LIMITED_SECONDS, Answer, limit_wait, retry_after

NOW = 1_790_000_000.0


def answer(status: int, text: str = "", **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, None, text)


@pytest.mark.parametrize(
    ("got", "seconds"),
    [
        (answer(429, retry_after="17"), 17),
        (answer(403, retry_after="17"), 17),
        (answer(429, retry_after=formatdate(NOW + 40, usegmt=True)), 40),
        # asked to try at once: not in a tight loop
        (answer(429, retry_after="0"), 1),
        (answer(403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) + 90)), 91),
        (answer(403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) - 90)), 1),
        (answer(429), LIMITED_SECONDS),
        (answer(403, "You have exceeded a secondary rate limit. Please wait a few minutes."), LIMITED_SECONDS),
        (answer(429, retry_after="soon"), LIMITED_SECONDS),
        (answer(429, retry_after="9" * 400), LIMITED_SECONDS),
    ],
)
def test_a_limit_is_waited_out_as_long_as_the_service_says(got: Answer, seconds: float) -> None:
    assert limit_wait(got, 0, NOW) == seconds


def test_a_limit_without_a_time_is_waited_out_twice_as_long_each_time() -> None:
    assert [limit_wait(answer(429), before, NOW) for before in range(3)] == [60, 120, 240]


def test_the_clock_of_the_service_counts_not_that_of_the_machine() -> None:
    got = answer(
        403, x_ratelimit_remaining="0", x_ratelimit_reset=str(int(NOW) + 90), date=formatdate(NOW + 80, usegmt=True)
    )
    assert limit_wait(got, 0, NOW) == 11


@pytest.mark.parametrize(
    "got",
    [
        answer(200, retry_after="5"),
        answer(403, "Resource not accessible by integration"),
        answer(403, "Resource not accessible by integration", x_ratelimit_remaining="4987", x_ratelimit_reset="1"),
        answer(404),
        answer(500),
    ],
)
def test_what_is_no_limit_is_not_waited_for(got: Answer) -> None:
    assert limit_wait(got, 0, NOW) is None


def test_an_answer_that_worked_may_ask_for_a_pause() -> None:
    assert retry_after(answer(200, retry_after="2.5"), NOW) == 2.5
    assert retry_after(answer(200), NOW) is None
