from lcgan.recognition.choice import choose, summarise


def fit(iteration, repeat, score, recall=0.5, unseen=0.4):
    def rate(value):
        return {"rate": value}

    protocol = {"recall": rate(recall), "fpr_fgk": rate(0.01), "macro_f1": 0.9}
    return {
        "iteration": iteration,
        "repeat": repeat,
        "selection_macro_f1": score,
        "protocols": {
            "paper": protocol,
            "leakage_free": {"recall": rate(recall - 0.1)},
            "unseen_stars": {"recall": rate(unseen)},
        },
    }


def test_the_checkpoint_with_the_best_median_and_its_median_fit():
    fits = [
        fit(1000, 0, 0.99),
        fit(1000, 1, 0.50),
        fit(1000, 2, 0.60),
        fit(2000, 0, 0.90),
        fit(2000, 1, 0.70),
        fit(2000, 2, 0.80),
    ]
    assert choose(fits) == (2000, 5)  # medians 0.60 and 0.80; of 0.9, 0.7, 0.8 the last is median


def test_of_two_the_lower_and_of_equals_the_first():
    assert choose([fit(None, 0, 0.9), fit(None, 1, 0.7)]) == (None, 1)
    assert choose([fit(1, 0, 0.9), fit(2, 0, 0.9)]) == (1, 0)


def test_reported_sets_do_not_move_the_choice():
    fits = [fit(1, 0, 0.9, recall=0.2), fit(2, 0, 0.8, recall=1.0)]
    assert choose(fits) == (1, 0)


def test_summary_is_median_and_range():
    fits = [fit(2, 0, 0, recall=0.9), fit(2, 1, 0, recall=0.5), fit(2, 2, 0, recall=0.6)]
    (row,) = summarise([*fits])
    assert (row["recall_median"], row["recall_low"], row["recall_high"]) == (0.6, 0.5, 0.9)
    assert row["recall_leakage_free_median"] == 0.5
    assert row["repeats"] == 3


def test_no_unseen_star_gives_no_rate():
    (row,) = summarise([fit(None, 0, 0, unseen=None)])
    assert row["recall_unseen_stars_median"] is None
