/** The small network of our own that compares images with texts. */
@NullMarked
package org.sjd4j.metrics.scorer;

import org.jspecify.annotations.NullMarked;
