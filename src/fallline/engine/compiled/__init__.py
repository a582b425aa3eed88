"""The arithmetic in Numba kernels; importing this package's modules is what imports Numba.

=====================  ============================================================================
module                 what it holds
=====================  ============================================================================
lanes, lane_functions  vectors of the machine, and what can be done with them
elementary             exp, tanh, log and their kin for lanes
layout, plans, calls   where everything stands, and which kernels an architecture calls
matrices               products in tiles of lanes, or by BLAS
activations, losses    values and derivatives, one kernel each
passes, few_rows       forward and backward over a block of rows, or over a handful
updates, descent       the optimizers' rules, and the loop that makes many steps
team, cores, thread_choice, blas_threads
                       threads side by side, without using a core twice
first_order            `FirstOrderRun`: mini-batch epochs and steps on all rows
objective              `CompiledObjective`: loss and gradient on all rows
prediction             `Prediction`: outputs
gauss_newton           the Gauss–Newton matrix of a share of the rows
cholesky, orthogonal   triangular factors of a matrix, or of rows block after block
damping, projection    the step of Levenberg–Marquardt; the best weights of a linear output layer
levenberg_marquardt    the loop that makes many iterations; `…_space`: where its numbers stand; `…_run`: its threads
curvature              `Curvature`: Gauss–Newton matrix and products
shared_product         a product with a vector on several threads
hessian                `Hessian`: exact Hessian–vector products
=====================  ============================================================================
"""
