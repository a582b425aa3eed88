"""The parts of a back-propagation and the mistakes that each can have: one file a part.

A mistake has its place in the part that it changes: what the output's delta starts from (`output_errors`), the factor
f′ (`derivatives`), what reaches a hidden layer (`propagation`), the weights' gradient (`products`) and the bias's
(`bias_sums`). A new one is one more `Choice` there.
"""

from fallline.subjects.handwritten.identifying.mistakes.bias_sums import bias_sums, with_weights
from fallline.subjects.handwritten.identifying.mistakes.choice import Above, Choice
from fallline.subjects.handwritten.identifying.mistakes.derivatives import derivatives
from fallline.subjects.handwritten.identifying.mistakes.output_errors import output_errors
from fallline.subjects.handwritten.identifying.mistakes.products import products
from fallline.subjects.handwritten.identifying.mistakes.propagation import propagated

__all__ = ["Above", "Choice", "bias_sums", "derivatives", "output_errors", "products", "propagated", "with_weights"]
