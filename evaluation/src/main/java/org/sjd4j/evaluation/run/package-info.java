/** Evaluations whose images and figures are files: they can be stopped at any moment and go on where they were. */
@NullMarked
package org.sjd4j.evaluation.run;

import org.jspecify.annotations.NullMarked;
