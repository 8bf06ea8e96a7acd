/** CLIP: how well an image fits a text. */
@NullMarked
package org.sjd4j.metrics.clip;

import org.jspecify.annotations.NullMarked;
