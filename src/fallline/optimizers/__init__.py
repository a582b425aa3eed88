"""Optimizers: ways of lowering an objective, one file each."""

from fallline.optimizers.adam import Adam
from fallline.optimizers.adamw import AdamW
from fallline.optimizers.auto import Auto, Choice
from fallline.optimizers.bayesian_regularisation import BayesianRegularisation, Regularisation
from fallline.optimizers.bfgs import BFGS
from fallline.optimizers.first_order import FirstOrder
from fallline.optimizers.gradient_descent import GradientDescent
from fallline.optimizers.lbfgs import LBFGS
from fallline.optimizers.levenberg_marquardt import LevenbergMarquardt
from fallline.optimizers.momentum import Momentum
from fallline.optimizers.nesterov import Nesterov
from fallline.optimizers.newton_cg import NewtonCG
from fallline.optimizers.optimizer import Iteration, Optimizer, Outcome, Watch
from fallline.optimizers.relay import Leg, Relay
from fallline.optimizers.rmsprop import RMSprop
from fallline.optimizers.rprop import Rprop
from fallline.optimizers.schedules import Constant, Cosine, OnPlateau, Schedule, Step

OPTIMIZERS: dict[str, type[Optimizer]] = {
    optimizer.name: optimizer
    for optimizer in (
        GradientDescent,
        Momentum,
        Nesterov,
        RMSprop,
        Adam,
        AdamW,
        Rprop,
        LBFGS,
        BFGS,
        NewtonCG,
        LevenbergMarquardt,
        BayesianRegularisation,
        Auto,
    )
}

__all__ = [
    "BFGS",
    "LBFGS",
    "OPTIMIZERS",
    "Adam",
    "AdamW",
    "Auto",
    "BayesianRegularisation",
    "Choice",
    "Constant",
    "Cosine",
    "FirstOrder",
    "GradientDescent",
    "Iteration",
    "Leg",
    "LevenbergMarquardt",
    "Momentum",
    "Nesterov",
    "NewtonCG",
    "OnPlateau",
    "Optimizer",
    "Outcome",
    "RMSprop",
    "Regularisation",
    "Relay",
    "Rprop",
    "Schedule",
    "Step",
    "Watch",
]
