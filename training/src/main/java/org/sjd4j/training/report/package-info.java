/** What people look at: sheets of images. */
@NullMarked
package org.sjd4j.training.report;

import org.jspecify.annotations.NullMarked;
