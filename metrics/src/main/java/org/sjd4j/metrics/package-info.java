/** Metrics of images: what an image is compared with, and how the figures come about. */
@NullMarked
package org.sjd4j.metrics;

import org.jspecify.annotations.NullMarked;
