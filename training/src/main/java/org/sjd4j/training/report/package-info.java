/** What people look at: sheets of images and curves of losses. */
@NullMarked
package org.sjd4j.training.report;

import org.jspecify.annotations.NullMarked;
