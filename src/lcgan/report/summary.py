"""The flat summary that DVC and MLflow compare between runs."""

from lcgan.report.results import FORMS, GANS, Results

#: Scores of a GAN at its chosen checkpoint, means over its trainings.
CHOSEN = (
    "gan_train_leakage_free",
    *("c2st_auc", "c2st_by_spectrum", "density", "coverage", "median_rms", "std_within"),
    *("noise_power_within", "authenticity"),
)
#: The summary's names and the forms they are of: the arm `none` is the paper's, as it is.
NAMES = {"none": "none_as_is"} | {form: form for form in FORMS}


def summary(results: Results) -> dict[str, float | None]:
    """Return the headline numbers, one level of dotted keys (reports/summary.json).

    Returns
    -------
    dict
        Per GAN `<gan>.gan_train` and `<gan>.gan_test` (means over its checkpoints), and the
        controls `<gan>.gan_test_white_noise`, `<gan>.gan_test_unseen_real`; at the checkpoint
        chosen on the selection set, `<gan>.iteration`, means over `<gan>.trainings` trainings of
        the scores of CHOSEN and of `<gan>.gan_train_chosen` and `<gan>.gan_test_chosen`; of the
        first training, density and coverage of held-out spectra of training stars alone
        (`<gan>.density_training_stars`). Per
        form of training, of its median fit at the checkpoint chosen on the selection set:
        `<form>.recall` (Data set 2), `<form>.recall_leakage_free`, `<form>.recall_unseen_stars`,
        `<form>.fpr_fgk` and `<form>.macro_f1` (the paper's protocol); `none` is the paper's own,
        `none_as_is` (P10).
        `wall_seconds.<stage>` of every stage before the report, s, with `wall_seconds.total`, and
        `peak_memory_mib`, the largest stage's. None where there was nothing to count.
    """
    flat: dict[str, float | None] = {}
    for model in GANS:
        gan = results.gans[model]
        flat[f"{model}.gan_train"] = gan["mean"]["gan_train"]
        flat[f"{model}.gan_test"] = gan["mean"]["gan_test"]
        for control in ("gan_test_white_noise", "gan_test_unseen_real"):
            flat[f"{model}.{control}"] = gan["controls"][control]["rate"]
        scores, part = gan["repeats"]["scores"], gan["by_part"]["generated"]
        flat[f"{model}.iteration"] = gan["chosen"]["iteration"]
        flat[f"{model}.trainings"] = gan["repeats"]["n"]
        flat |= {f"{model}.{name}": scores[name]["mean"] for name in CHOSEN}
        for name in ("gan_train", "gan_test"):
            flat[f"{model}.{name}_chosen"] = scores[name]["mean"]
        for name in ("density", "coverage"):
            flat[f"{model}.{name}_training_stars"] = part.get("training_stars", {}).get(name)
    for name, form in NAMES.items():
        scores = results.scores(form, "paper")
        flat[f"{name}.recall"] = scores["recall"]["rate"]
        flat[f"{name}.recall_leakage_free"] = results.recall(form, "leakage_free")["rate"]
        flat[f"{name}.recall_unseen_stars"] = results.recall(form, "unseen_stars")["rate"]
        flat[f"{name}.fpr_fgk"] = scores["fpr_fgk"]["rate"]
        flat[f"{name}.macro_f1"] = scores["macro_f1"]
    for stage, record in results.runs.items():
        flat[f"wall_seconds.{stage.replace('@', '.')}"] = record["wall_seconds"]
    flat["wall_seconds.total"] = round(sum(r["wall_seconds"] for r in results.runs.values()), 1)
    flat["peak_memory_mib"] = max(record["peak_memory_mib"] for record in results.runs.values())
    return flat


def metrics(flat: dict[str, float | None]) -> dict[str, float]:
    """Return the summary as MLflow's metrics: `<form>.validation_accuracy` is the paper's name."""
    named = flat | {f"{name}.validation_accuracy": flat[f"{name}.recall"] for name in NAMES}
    return {name: float(value) for name, value in named.items() if value is not None}
