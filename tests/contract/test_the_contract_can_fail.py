"""A contract that nothing fails proves nothing: storages that break one law each must not keep it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import anyio
import pytest

from pip_hub.adapters.contracts.unit_of_work import UnitOfWorkContract
from pip_hub.adapters.memory.unit_of_work import MemoryStorage, MemoryUnitOfWork
from pip_hub.application.ports.sealed_secrets import SealedIn
from pip_hub.application.ports.unit_of_work import OpenUnitOfWork
from tests.builders import NOW, an_access_token
from tests.support import broken_collections as collections
from tests.support import broken_grants as grants
from tests.support import broken_ownership as ownership
from tests.support import broken_units as units

STUCK = 1
"""Seconds after which a broken storage counts as stuck; most fail at once."""

FAILURES = (AssertionError, ExceptionGroup, LookupError, TimeoutError, pytest.fail.Exception)
"""What a test of the contract ends with: its own assertion, one in a task, what the storage raised, or nothing."""

LAWS: dict[type[MemoryUnitOfWork], tuple[str, ...]] = {
    units.WritesThrough: (
        "nothing_is_there_without_a_commit",
        "an_error_undoes_everything_and_passes_unchanged",
        "a_cancellation_undoes_everything",
        "what_follows_the_last_commit_is_undone",
        "a_flow_closed_in_vain_can_be_closed",
        "an_attempt_taken_in_vain_can_be_taken",
        "a_code_redeemed_in_vain_can_be_redeemed",
        "a_token_rotated_in_vain_can_be_rotated",
        "notices_that_were_taken_in_vain_are_taken_again",
        "a_purge_that_is_not_committed_removes_nothing",
        "a_lease_in_vain_is_no_lease",
    ),
    units.ForgetsToCommit: (
        "all_that_was_committed_is_there_in_the_next_unit",
        "a_commit_survives_the_error_that_follows",
    ),
    units.DoesNotLock: (
        "units_do_not_nest_and_the_outer_one_goes_on",
        "units_of_different_tasks_all_get_their_turn",
        "of_many_who_register_one_email_exactly_one_gets_it",
        "of_many_who_register_one_uri_exactly_one_does",
        "of_many_who_close_a_flow_exactly_one_does",
        "of_many_who_take_an_attempt_exactly_one_gets_it",
        "of_many_who_redeem_a_code_exactly_one_does",
        "of_many_who_rotate_a_token_exactly_one_does",
        "of_many_who_remove_a_link_exactly_one_gets_it",
        "of_many_who_remove_a_grant_exactly_one_gets_it",
        "of_many_who_connect_each_is_answered_the_one_before",
        "of_many_who_hold_and_change_a_link_no_change_is_lost",
        "of_all_who_leave_at_once_exactly_one_sees_that_it_is_the_last",
        "of_many_who_mark_what_has_ended_exactly_one_changes_it",
        "whatever_happens_to_one_account_at_once_nothing_is_lost_and_tokens_live_as_long_as_links",
        "of_many_who_connect_at_once_each_begins_a_generation",
        "of_many_who_lease_exactly_one_gets_it",
        "of_many_who_wait_for_a_lease_to_run_out_exactly_one_gets_it",
        "of_many_who_replace_a_generation_exactly_one_does",
        "of_many_who_settle_a_revocation_exactly_one_gets_it",
        "of_many_who_add_to_one_line_everybody_counts",
        "renewing_and_sealing_anew_at_once_never_brings_old_tokens_back",
        "of_many_pages_each_notice_is_shown_on_one",
    ),
    units.StaysWhenCancelled: (
        "a_cancellation_undoes_everything",
        "a_cancelled_crowd_leaves_a_storage_that_works",
    ),
    units.SwallowsErrors: ("an_error_undoes_everything_and_passes_unchanged",),
    units.SpendsAlways: (
        "an_expired_flow_is_not_closed",
        "an_attempt_is_taken_once",
        "an_expired_attempt_is_not_taken",
        "a_code_is_redeemed_once",
        "an_expired_code_is_not_redeemed",
        "a_redeemed_code_is_answered_without_its_sealed_copy",
        "a_token_is_rotated_once",
        "an_expired_token_is_not_rotated",
        "of_many_who_close_a_flow_exactly_one_does",
        "of_many_who_take_an_attempt_exactly_one_gets_it",
        "of_many_who_redeem_a_code_exactly_one_does",
        "of_many_who_rotate_a_token_exactly_one_does",
    ),
    units.RaisesForLosers: ("of_many_who_redeem_a_code_exactly_one_does", "a_code_is_redeemed_once"),
    collections.KeepsWhatIsRemoved: (
        "an_email_that_is_taken_changes_nothing",
        "of_many_who_register_one_email_exactly_one_gets_it",
        "a_uri_that_is_registered_changes_nothing",
        "of_many_who_remove_a_resource_exactly_one_does",
        "a_second_link_replaces_the_first_and_answers_it",
        "a_removed_link_is_answered_once_and_gone",
        "of_many_who_remove_a_link_exactly_one_gets_it",
        "a_removed_grant_is_answered_once_and_gone",
        "of_many_who_remove_a_grant_exactly_one_gets_it",
        "what_is_settled_is_answered_and_stays_gone",
        "of_many_who_settle_a_revocation_exactly_one_gets_it",
        "a_revocation_takes_the_place_of_its_grant",
        "notices_are_taken_oldest_first_and_once",
        "of_many_pages_each_notice_is_shown_on_one",
    ),
    collections.Revives: (
        "an_ended_session_stays_ended",
        "ending_a_session_takes_its_notices_and_no_others",
        "what_is_settled_is_answered_and_stays_gone",
        "postponing_changes_tries_and_time_of_that_one",
    ),
    ownership.MixesUsersUp: (
        "a_user_sees_the_own_links_by_connector_and_nobody_elses",
        "changing_links_touches_no_other_users",
        "those_who_share_a_fate_are_found_across_users_in_order",
        "sharing_with_others_is_told_apart_from_sharing_with_oneself",
        "a_use_is_noted_and_answered",
        "a_link_that_hangs_on_another_grant_by_now_is_not_used",
        "of_all_who_leave_at_once_exactly_one_sees_that_it_is_the_last",
        "a_user_sees_what_is_owed_for_them_the_oldest_first",
        "a_user_reads_the_own_log_and_nobody_elses",
        "the_newest_line_comes_first_and_there_are_no_more_than_asked_for",
        "of_two_at_the_same_time_the_one_added_later_comes_first",
    ),
    ownership.LogsEveryCall: (
        "a_group_is_one_line_with_the_latest_time_and_a_count",
        "a_line_that_goes_on_comes_to_the_front",
        "of_many_who_add_to_one_line_everybody_counts",
    ),
    grants.LeasesToAll: (
        "nobody_else_gets_the_lease_while_it_runs",
        "a_lease_that_has_run_out_lets_the_next_in",
        "a_generation_that_is_gone_is_not_leased",
        "of_many_who_lease_exactly_one_gets_it",
        "of_many_who_wait_for_a_lease_to_run_out_exactly_one_gets_it",
        "a_lease_that_ran_out_is_given_back_without_ending_the_next",
        "giving_a_lease_back_is_harmless_when_the_generation_is_gone",
        "idle_grants_of_a_provider_are_found_the_longest_idle_first",
    ),
    grants.LeasesForEver: (
        "a_lease_that_has_run_out_lets_the_next_in",
        "of_many_who_wait_for_a_lease_to_run_out_exactly_one_gets_it",
        "an_answer_after_the_lease_ran_out_counts_no_more_once_another_has_it",
        "a_lease_given_back_lets_the_next_in_at_once",
    ),
    grants.LastAnswerWins: (
        "fresh_tokens_replace_the_old_and_the_generations_go_on",
        "fresh_tokens_are_leased_by_nobody",
        "of_many_who_connect_at_once_each_begins_a_generation",
        "a_generation_is_replaced_once",
        "of_many_who_replace_a_generation_exactly_one_does",
        "fresh_tokens_put_during_a_lease_are_not_replaced",
        "tokens_connected_anew_are_not_replaced_by_an_answer_to_the_old",
    ),
    grants.TrustsTheGeneration: ("tokens_connected_anew_are_not_replaced_by_an_answer_to_the_old",),
    grants.SealsCarelessly: (
        "what_is_sealed_without_the_mark_is_listed_by_key_in_pages",
        "a_mark_is_no_pattern_and_tells_cases_apart",
        "a_secret_that_has_changed_or_gone_is_left_alone",
        "renewing_and_sealing_anew_at_once_never_brings_old_tokens_back",
    ),
    collections.RevokesCarelessly: (
        "revoking_a_grant_ends_all_that_hangs_on_it",
        "what_ended_before_keeps_its_time",
        "no_token_survives_its_grant_when_a_code_is_redeemed_at_once",
        "revoking_again_changes_nothing",
    ),
    collections.PurgesTooMuch: (
        "what_is_not_over_stays",
        "accounts_clients_connections_and_what_is_owed_have_no_end",
        "a_grant_stays_as_long_as_something_hangs_on_it",
        "a_young_grant_may_have_nothing_on_it_yet",
    ),
    collections.PurgesTooLittle: (
        "all_that_is_over_goes_and_is_counted",
        "everything_that_can_end_is_gone_at_last",
        "a_session_that_goes_takes_its_notices",
    ),
    collections.BlursTimes: (
        "all_that_was_committed_is_there_in_the_next_unit",
        "times_come_back_to_the_microsecond",
    ),
}
CASES = [(unit, law) for unit, laws in LAWS.items() for law in laws]

ARGUMENTS: dict[str, dict[str, Any]] = {
    "times_come_back_to_the_microsecond": {"time": NOW + timedelta(microseconds=1)},
    "no_token_survives_its_grant_when_a_code_is_redeemed_at_once": {"_round": 0},
    "a_grant_stays_as_long_as_something_hangs_on_it": {"hanging": an_access_token()},
    "a_cancelled_crowd_leaves_a_storage_that_works": {"finished": 1},
    "what_is_sealed_without_the_mark_is_listed_by_key_in_pages": {"place": SealedIn.CONNECTION_ATTEMPTS},
    "a_mark_is_no_pattern_and_tells_cases_apart": {"place": SealedIn.PROVIDER_GRANTS},
    "a_secret_that_has_changed_or_gone_is_left_alone": {"place": SealedIn.REVOCATIONS},
}
"""Of the tests that pytest runs with several arguments, one each."""


async def hold_to(law: str, unit_of_work: OpenUnitOfWork) -> None:
    """Run one test of the contract."""
    test: Callable[..., Awaitable[None]] = getattr(UnitOfWorkContract(), f"test_{law}")
    await test(unit_of_work=unit_of_work, **ARGUMENTS.get(law, {}))


@pytest.mark.anyio
@pytest.mark.parametrize(("unit", "law"), CASES, ids=[f"{unit.__name__}: {law}" for unit, law in CASES])
async def test_the_contract_notices_a_storage_that(unit: type[MemoryUnitOfWork], law: str) -> None:
    with pytest.raises(FAILURES):
        with anyio.fail_after(STUCK):
            await hold_to(law, units.broken(unit))


@pytest.mark.anyio
@pytest.mark.parametrize("law", sorted({law for _, law in CASES}))
async def test_the_same_law_is_kept_by_a_storage_that_is_whole(law: str) -> None:
    await hold_to(law, MemoryStorage().unit_of_work)
