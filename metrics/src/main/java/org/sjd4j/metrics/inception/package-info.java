/** InceptionV3 with the weights of the FID. */
@NullMarked
package org.sjd4j.metrics.inception;

import org.jspecify.annotations.NullMarked;
