/** Finds the fastest setting of a model on a machine. */
@NullMarked
package org.sjd4j.evaluation.tune;

import org.jspecify.annotations.NullMarked;
