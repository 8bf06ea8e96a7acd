/** Prompts in, figures out: decoders side by side, tables of measurements, reports. */
@NullMarked
package org.sjd4j.evaluation;

import org.jspecify.annotations.NullMarked;
