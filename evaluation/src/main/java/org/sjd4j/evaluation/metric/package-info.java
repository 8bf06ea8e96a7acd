/** Metrics of an evaluation's images: whether they show their prompts, how near they are to real ones, how probable they are. */
@NullMarked
package org.sjd4j.evaluation.metric;

import org.jspecify.annotations.NullMarked;
