/** Trains what proposes drafts by their neighbours, on rows of images that the model itself generated. */
@NullMarked
package org.sjd4j.training.proposal;

import org.jspecify.annotations.NullMarked;
