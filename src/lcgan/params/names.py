"""The names of the arms, the forms of training and the GANs: here and nowhere else."""

#: The GANs of the paper's tables, its own first.
PAPER_GANS = ("lcgan", "sgan")
#: Those of the pipeline.
RUN_GANS = (*PAPER_GANS, "lcgan_plus")
#: All whose spectra a form of training can be made of.
GANS = (*RUN_GANS, "wgan_gp")

#: Baselines without a network, both of one arm; seconds, so part of every run.
BASELINES = ("equivalent_widths", "templates")

#: Form of training → the arm of `train_classifier` that makes it, of those that the pipeline runs;
#: in the order of every table.
ARM_OF = {
    "none_as_is": "none",
    "none_weighted": "none",
    "none_duplicated": "none",
    "lcgan": "lcgan",
    "sgan": "sgan",
    "lcgan_plus": "lcgan_plus",
    "equivalent_widths": "baselines",
    "templates": "baselines",
}
#: Forms that only `lcgan study`, or the stage called by hand, makes.
STUDIED = ("smote", "mixup", "physics", "wgan_gp", "lcgan_plus_physics", "lcgan_real_stop")
#: Forms whose median network is looked into: where it looks.
LOOKED_INTO = ("none_duplicated", "lcgan", "sgan", "lcgan_plus")
#: Form → the GAN whose spectra it is made of, where there is one.
GAN_OF = {gan: gan for gan in GANS}
GAN_OF |= {"lcgan_plus_physics": "lcgan_plus", "lcgan_real_stop": "lcgan"}
#: The arm beside the paper's, and its one form of training.
SURVEY = "survey"

#: Networks of the ablation: what each differs by from the paper's, as
#: `lcgan.recognition.fit.Network` has it.
NETWORKS: dict[str, dict[str, bool | int]] = {
    "no_attention": {"attention": False},
    "no_residual": {"residual": False},
    "blocks_6": {"blocks": 6},
    "blocks_4": {"blocks": 4},
}

#: LCGANs of the ablation, each but for one thing; `lcgan.trials.gan_plan.varied` says what.
GAN_VARIANTS = ("convolution", "equal_rates", "no_smoothing", "no_dropout")

#: Every form, those of the pipeline first.
FORMS_STUDIED = (*ARM_OF, *STUDIED)


def arm_of(form: str) -> str:
    """Return the arm of `train_classifier` that makes a form of training."""
    return ARM_OF.get(form, form)
