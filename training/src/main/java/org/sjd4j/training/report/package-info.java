/** What people look at: sheets of pictures. */
@NullMarked
package org.sjd4j.training.report;

import org.jspecify.annotations.NullMarked;
