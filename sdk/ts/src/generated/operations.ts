// Generated from openapi.yaml by go generate. Do not edit.

import { operation } from '../operation.js';
import type { operations } from './schema.js';

/**
 * Put something into the cart.
 *
 * Adds units of a product; what is in the cart already adds up. A product of several variants
 * needs `variant_id` (422 `variant_required`). There must be as many units in stock as the
 * line then has (409 `insufficient_stock`, with how many there are; none of a product that is
 * not sold any more). A cart holds at most 100 lines of 10,000 units.
 *
 * A guest's first call without `X-Cart-Token` makes a cart and answers its `cart_token`, which
 * opens that cart from then on. It is shown only this once, so store it.
 */
export const addCartItem = /* @__PURE__ */ operation<operations['addCartItem']>('addCartItem', 'POST', '/api/v1/cart/items', ['X-Cart-Token', 'If-Match']);

/**
 * Add or take units.
 *
 * Adds units to a level or takes some from it (`delta` below zero), with the reason. It never
 * goes below none (409 `insufficient_stock`). Send `expected_quantity` to make a retry safe.
 */
export const adjustStock = /* @__PURE__ */ operation<operations['adjustStock']>('adjustStock', 'POST', '/api/v1/admin/stock/adjustments');

/**
 * Get an order to work on it.
 *
 * One order with its customer. Its `ETag` counts the changes of status and shipment.
 */
export const adminGetOrder = /* @__PURE__ */ operation<operations['adminGetOrder']>('adminGetOrder', 'GET', '/api/v1/admin/orders/{id}');

/**
 * Get a product to keep it.
 *
 * One product, inactive or deleted ones too. Its `ETag` counts the changes to it, its variants and its images.
 */
export const adminGetProduct = /* @__PURE__ */ operation<operations['adminGetProduct']>('adminGetProduct', 'GET', '/api/v1/admin/products/{id}');

/**
 * List brands to keep them.
 *
 * The same as [the public list](#operation/listBrands), never from a cache.
 */
export const adminListBrands = /* @__PURE__ */ operation<operations['adminListBrands']>('adminListBrands', 'GET', '/api/v1/admin/brands');

/**
 * List categories to keep them.
 *
 * The same as [the public list](#operation/listCategories), never from a cache.
 */
export const adminListCategories = /* @__PURE__ */ operation<operations['adminListCategories']>('adminListCategories', 'GET', '/api/v1/admin/categories');

/**
 * List all orders.
 *
 * All orders, newest first. Lists of orders have no `total`.
 */
export const adminListOrders = /* @__PURE__ */ operation<operations['adminListOrders']>('adminListOrders', 'GET', '/api/v1/admin/orders');

/**
 * List all payments.
 *
 * All payments, newest first. Lists of payments have no `total`.
 */
export const adminListPayments = /* @__PURE__ */ operation<operations['adminListPayments']>('adminListPayments', 'GET', '/api/v1/admin/payments');

/**
 * List products to keep them.
 *
 * All products in full, newest first: inactive ones too, and with `status=deleted` the deleted
 * ones. `q` looks for its words in name, brand, category and description, and for its text in
 * skus.
 */
export const adminListProducts = /* @__PURE__ */ operation<operations['adminListProducts']>('adminListProducts', 'GET', '/api/v1/admin/products');

/**
 * List all reviews.
 *
 * Reviews of all products, newest first, also those that are hidden.
 */
export const adminListReviews = /* @__PURE__ */ operation<operations['adminListReviews']>('adminListReviews', 'GET', '/api/v1/admin/reviews');

/**
 * Ask the shopping assistant.
 *
 * Answers a question about the shop's products from the catalogue, and nothing else. The
 * sources are the active products in stock that are nearest to the question, best first; when
 * none is near enough the answer says so and `sources` is empty.
 *
 * The conversation lives with the client: send back the `history` you received. It is cut to
 * the newest messages, so it never grows too long to send.
 *
 * With `Accept: text/event-stream` the answer arrives as server-sent events: `sources` (a JSON
 * array), then `delta` (`{"text": …}`) sentence by sentence, each checked against the
 * catalogue before it leaves, then `done` with the whole answer object, or `error` with a
 * problem.
 *
 * What the question asks for in prices, sales, brands, categories and attributes is applied to
 * the sources, every one of them, and answered as `filters`. What the answer says about
 * products is answered as `claims`, with whether the catalogue supports it. Prices, stock and
 * names that it does not support never leave.
 *
 * `X-Assistant-Provider` says which model wrote the answer.
 */
export const askAssistant = /* @__PURE__ */ operation<operations['askAssistant']>('askAssistant', 'POST', '/api/v1/rag/query');

/**
 * Cancel an import.
 *
 * Ends an import between two of its batches: what it did until then stays, and nothing
 * follows. One that has ended is 409 `import_finished`.
 */
export const cancelImport = /* @__PURE__ */ operation<operations['cancelImport']>('cancelImport', 'POST', '/api/v1/admin/imports/{id}/cancel');

/**
 * Cancel a job.
 *
 * A job that waits is not worked any more. One that is running is asked to stop
 * (`cancel_requested`): it may still finish, but is not tried again. A job that is over is 409
 * `job_finished`.
 */
export const cancelJob = /* @__PURE__ */ operation<operations['cancelJob']>('cancelJob', 'POST', '/api/v1/admin/jobs/{id}/cancel');

/**
 * Cancel one of my orders.
 *
 * Cancels an order that is `PENDING`; its units go back into stock. Money of a payment that
 * was under way then goes back by itself. Where the shop allows it
 * (`ORDER_CANCEL_UNTIL=shipped`) a `PAID` one can be cancelled too: its money goes back first.
 * While the provider has not done so yet, the answer is 202, and the order is cancelled as
 * soon as the money is back. A provider that refuses is 409 `refund_failed`, one out of
 * reach 503. Any other order stays as it is (400 `invalid_transition`).
 */
export const cancelOrder = /* @__PURE__ */ operation<operations['cancelOrder']>('cancelOrder', 'POST', '/api/v1/orders/{id}/cancel');

/**
 * Change how many.
 *
 * Sets the units of a line (`quantity`), or steps them up or down (`delta`); send one of the
 * two. At 0 or below the line is gone. More than there are in stock is refused (409
 * `insufficient_stock`); fewer than before is always fine.
 */
export const changeCartItem = /* @__PURE__ */ operation<operations['changeCartItem']>('changeCartItem', 'PATCH', '/api/v1/cart/items/{product_id}', ['X-Cart-Token', 'If-Match']);

/**
 * Change the password.
 *
 * Sets a new password and ends all other sessions. The calling session stays valid.
 */
export const changePassword = /* @__PURE__ */ operation<operations['changePassword']>('changePassword', 'POST', '/api/v1/auth/change-password');

/**
 * Look at a verification link.
 *
 * Says whether the token of a mailed link is good, and does not spend it: mail scanners open
 * links. Send it with POST to verify the address.
 */
export const checkEmailVerification = /* @__PURE__ */ operation<operations['checkEmailVerification']>('checkEmailVerification', 'GET', '/api/v1/auth/verify-email');

/**
 * Look at an unsubscribe link.
 *
 * Says whom the link of a mail is about, and changes nothing: mail scanners open links. Send
 * it with POST to get no more such mails.
 */
export const checkUnsubscribe = /* @__PURE__ */ operation<operations['checkUnsubscribe']>('checkUnsubscribe', 'GET', '/api/v1/mails/unsubscribe');

/**
 * Empty the cart.
 *
 * Removes all lines. A guest's token stays good.
 */
export const clearCart = /* @__PURE__ */ operation<operations['clearCart']>('clearCart', 'DELETE', '/api/v1/cart', ['X-Cart-Token', 'If-Match']);

/**
 * Compare products.
 *
 * Holds two to four products side by side, by price, stock, rating, brand and their attributes, and says in which they differ.
 */
export const compareProducts = /* @__PURE__ */ operation<operations['compareProducts']>('compareProducts', 'GET', '/api/v1/products/compare');

/**
 * Make an API key.
 *
 * Makes a key for another program of the shop. The response holds it whole, this once: only
 * its hash is stored.
 *
 * Send it as `Authorization: Bearer shopd_key_…`. It calls every operation whose `x-scope` is
 * among its scopes, and those that are public; for others it gets 403 `scope_missing`, or 401
 * `account_required` where a customer's account is meant. It works from its networks only (403
 * `network_not_allowed`), until it expires or is revoked (401 `invalid_api_key`). What it
 * changes is in the [audit log](#tag/audit) under its name.
 *
 * Made with an API key, a key may do no more than that one (403 `grant_exceeded`). A shop has
 * at most 100 keys that are not revoked (409 `too_many_api_keys`).
 */
export const createAPIKey = /* @__PURE__ */ operation<operations['createAPIKey']>('createAPIKey', 'POST', '/api/v1/admin/api-keys');

/**
 * Add an address.
 *
 * Adds an address; an account holds at most 50. One that is made a default takes the place of
 * the one before. The first address is the default for both.
 */
export const createAddress = /* @__PURE__ */ operation<operations['createAddress']>('createAddress', 'POST', '/api/v1/addresses');

/**
 * Add a brand.
 *
 * Adds a brand. Its name is unique without regard to case and to what cannot be seen: it is stored in NFC, with single blanks, `'` for typographic apostrophes and no invisible characters, and so are names of categories. Without a `slug` one is made from the name.
 */
export const createBrand = /* @__PURE__ */ operation<operations['createBrand']>('createBrand', 'POST', '/api/v1/admin/brands');

/**
 * Add a category.
 *
 * Adds a category at the top of the tree or below another. Without a `slug` one is made from the name.
 */
export const createCategory = /* @__PURE__ */ operation<operations['createCategory']>('createCategory', 'POST', '/api/v1/admin/categories');

/**
 * Add a location.
 *
 * Adds a location behind the others.
 */
export const createLocation = /* @__PURE__ */ operation<operations['createLocation']>('createLocation', 'POST', '/api/v1/admin/stock/locations');

/**
 * Place an order.
 *
 * Orders what is in the account's cart, or `items` instead, and takes it out of stock at once.
 * Prices, names and addresses are kept as they are now: later changes of a product change no
 * order. The order is `PENDING` until it is paid; unpaid by `pay_until` it is cancelled and
 * its units go back. An order that costs nothing is `PAID` at once.
 *
 * All or nothing (409 `insufficient_stock`): `errors` names every line of which there is too
 * little, or which is not sold any more, with how many there are. The pointer is `/items/2` of
 * the request, or `/lines/2` of the cart. Units of the same variant add up first. An empty
 * cart is 409 `cart_empty`; another total than `expected_total` 409 `price_changed`; more
 * unpaid orders than an account may have 409 `too_many_unpaid_orders`. An item of a product of
 * several variants needs `variant_id` (422 `variant_required`).
 *
 * Send an `Idempotency-Key`: a call that got no answer, or 503 `outcome_unknown`, may then be
 * sent again without ordering twice. 503 `busy` means that so many others are buying the same
 * that this order could not even wait for its turn: nothing happened, try again after
 * `Retry-After` seconds.
 */
export const createOrder = /* @__PURE__ */ operation<operations['createOrder']>('createOrder', 'POST', '/api/v1/orders', ['Idempotency-Key']);

/**
 * Save a payment method.
 *
 * Has the payment provider keep the method behind a one-time token for later payments. The
 * shop keeps its brand, last four digits and expiry, and nothing anybody could pay with. A
 * card number is refused (422 `card_number_refused`), a token the provider does not know is
 * 422, a card the bank declines 402. An account keeps at most 20; the first is the default.
 */
export const createPaymentMethod = /* @__PURE__ */ operation<operations['createPaymentMethod']>('createPaymentMethod', 'POST', '/api/v1/payments/methods');

/**
 * Add a product.
 *
 * Adds a product: a simple one with its `price`, `sku` and `stock` next to its name, or one of
 * several `variants`, of which the first that says `is_default`, or else the first, stands for
 * the product. Slug and skus that are left out are made from the name. An active product is in
 * every list and search from the next request on; its vector for search by meaning follows in
 * the background.
 */
export const createProduct = /* @__PURE__ */ operation<operations['createProduct']>('createProduct', 'POST', '/api/v1/admin/products');

/**
 * Add an image to a product.
 *
 * Takes a JPEG, PNG, WebP or GIF file of at most 10 MiB and 40 megapixels, uploaded as a form
 * or fetched from a public web address, and draws it again in up to three sizes, so that
 * neither metadata nor anything hidden in the file stays. It is turned upright as its EXIF
 * data says; of an animation the first frame is shown. A file that is no such image is refused
 * (422 `invalid_image`), and so is an address that cannot be fetched, for whatever reason (422
 * `url_refused`). The first image of a product is its primary one. A product has at most 20
 * images (409 `too_many_images`).
 */
export const createProductImage = /* @__PURE__ */ operation<operations['createProductImage']>('createProductImage', 'POST', '/api/v1/admin/products/{id}/images', ['If-Match']);

/**
 * Review a product.
 *
 * Adds a review, which is shown at once under the account's first name and the initial of its
 * last name. An account has one review of a product (409 `review_exists`); it can be changed
 * and withdrawn.
 */
export const createReview = /* @__PURE__ */ operation<operations['createReview']>('createReview', 'POST', '/api/v1/products/{id}/reviews');

/**
 * Add synonyms.
 *
 * Adds a set of terms that mean the same, from the next search on (other servers follow within
 * seconds). Without `meaning` each term finds what the others find; with it, each term also
 * finds what the meaning finds, but not the other way round. A term is in one set alone (409
 * `synonym_taken` otherwise).
 */
export const createSynonyms = /* @__PURE__ */ operation<operations['createSynonyms']>('createSynonyms', 'POST', '/api/v1/admin/search/synonyms');

/**
 * Add a variant.
 *
 * Adds a variant whose options no other variant of the product has (409 `options_taken`).
 * Without a `sku` one is made from the product's and the options.
 */
export const createVariant = /* @__PURE__ */ operation<operations['createVariant']>('createVariant', 'POST', '/api/v1/admin/products/{id}/variants', ['If-Match']);

/**
 * Add a variant for each combination of options.
 *
 * Makes every combination of the values given, at most 100, leaving out those the product has
 * already. The variants share price and stock and differ in sku. A default variant without
 * options, as a simple product has, becomes the first combination.
 */
export const createVariantMatrix = /* @__PURE__ */ operation<operations['createVariantMatrix']>('createVariantMatrix', 'POST', '/api/v1/admin/products/{id}/variants/matrix', ['If-Match']);

/**
 * Add a webhook.
 *
 * Has events sent to an address from now on, by POST, signed by [Standard
 * Webhooks](https://www.standardwebhooks.com). The answer holds the secret that signs them,
 * which is never shown again.
 *
 * Each event is sent until the address answers 2xx within 15 seconds, up to ten times in about
 * three days, and may come more than once: `webhook-id` stays the same. Events of one object,
 * such as an order, come in their order. Redirects are not followed, 410 disables the webhook
 * at once, and three days of nothing but failures do so too; administrators get a mail then.
 * There are at most 100 webhooks (409 `too_many_webhooks`).
 */
export const createWebhook = /* @__PURE__ */ operation<operations['createWebhook']>('createWebhook', 'POST', '/api/v1/admin/webhooks');

/**
 * Delete my account.
 *
 * Removes everything that says who you are, ends all sessions and frees the e-mail address.
 * What the shop must keep, such as orders, stays without a name. The last administrator cannot
 * be deleted.
 */
export const deleteAccount = /* @__PURE__ */ operation<operations['deleteAccount']>('deleteAccount', 'DELETE', '/api/v1/users/me');

/**
 * Delete one of my addresses.
 *
 * Removes the address. Orders keep their own copy of it.
 */
export const deleteAddress = /* @__PURE__ */ operation<operations['deleteAddress']>('deleteAddress', 'DELETE', '/api/v1/addresses/{id}');

/**
 * Delete a brand.
 *
 * Removes a brand that no product has (409 `brand_in_use` otherwise).
 */
export const deleteBrand = /* @__PURE__ */ operation<operations['deleteBrand']>('deleteBrand', 'DELETE', '/api/v1/admin/brands/{id}', ['If-Match']);

/**
 * Delete a category.
 *
 * Removes a category that holds neither products nor categories (409 `category_in_use` otherwise).
 */
export const deleteCategory = /* @__PURE__ */ operation<operations['deleteCategory']>('deleteCategory', 'DELETE', '/api/v1/admin/categories/{id}', ['If-Match']);

/**
 * Withdraw my review of a product.
 *
 * Removes the review and its stars.
 */
export const deleteMyReview = /* @__PURE__ */ operation<operations['deleteMyReview']>('deleteMyReview', 'DELETE', '/api/v1/products/{id}/reviews/mine');

/**
 * Delete one of my saved payment methods.
 *
 * Removes the method here at once and at the payment provider as soon as that can be reached.
 * Payments made with it stay.
 */
export const deletePaymentMethod = /* @__PURE__ */ operation<operations['deletePaymentMethod']>('deletePaymentMethod', 'DELETE', '/api/v1/payments/methods/{id}');

/**
 * Delete a product.
 *
 * Takes the product out of the shop for good, though orders keep it and
 * [restore](#operation/restoreProduct) brings it back. Its slug, skus and GTINs stay taken.
 */
export const deleteProduct = /* @__PURE__ */ operation<operations['deleteProduct']>('deleteProduct', 'DELETE', '/api/v1/admin/products/{id}', ['If-Match']);

/**
 * Delete an image.
 *
 * Removes the image and its files. When it was the primary one, the next is. Variants that
 * showed it show none.
 */
export const deleteProductImage = /* @__PURE__ */ operation<operations['deleteProductImage']>('deleteProductImage', 'DELETE', '/api/v1/admin/products/{id}/images/{image_id}', ['If-Match']);

/**
 * Delete a set of synonyms.
 *
 * Removes a set. Its terms mean themselves again.
 */
export const deleteSynonyms = /* @__PURE__ */ operation<operations['deleteSynonyms']>('deleteSynonyms', 'DELETE', '/api/v1/admin/search/synonyms/{id}', ['If-Match']);

/**
 * Delete a variant.
 *
 * Takes a variant out of the product; orders keep it, its sku and GTIN are free again. When it
 * was the default, the next one is. The last variant of a product cannot be deleted (409
 * `last_variant`).
 */
export const deleteVariant = /* @__PURE__ */ operation<operations['deleteVariant']>('deleteVariant', 'DELETE', '/api/v1/admin/products/{id}/variants/{variant_id}', ['If-Match']);

/**
 * Delete a webhook.
 *
 * Removes a webhook and its deliveries. What is being sent at this moment may still arrive.
 */
export const deleteWebhook = /* @__PURE__ */ operation<operations['deleteWebhook']>('deleteWebhook', 'DELETE', '/api/v1/admin/webhooks/{id}', ['If-Match']);

/**
 * Log out one device.
 *
 * Ends one of the account's sessions at once.
 */
export const endSession = /* @__PURE__ */ operation<operations['endSession']>('endSession', 'DELETE', '/api/v1/auth/sessions/{id}');

/**
 * Export products.
 *
 * The active products that pass the filters, a row for each variant, as CSV in UTF-8 with
 * Google Shopping columns. Importing it changes nothing. A cell that a spreadsheet would run,
 * because it begins with `=`, `+`, `-`, `@`, a tab or a line break, gets an apostrophe before
 * it, which an import takes away.
 *
 * The answer is sent as it is made. When it breaks off, so does the connection.
 */
export const exportProducts = /* @__PURE__ */ operation<operations['exportProducts']>('exportProducts', 'GET', '/api/v1/admin/exports/products.csv');

/**
 * Ask for a way back in.
 *
 * Mails a link to set a new password, if there is an active account with this e-mail address.
 * The answer is the same whether there is one or not. The link is good for an hour and for one
 * use.
 */
export const forgotPassword = /* @__PURE__ */ operation<operations['forgotPassword']>('forgotPassword', 'POST', '/api/v1/auth/forgot-password');

/**
 * Get an API key.
 *
 * One key, revoked or not, with when and from where it was used last.
 */
export const getAPIKey = /* @__PURE__ */ operation<operations['getAPIKey']>('getAPIKey', 'GET', '/api/v1/admin/api-keys/{id}');

/**
 * Get one of my addresses.
 *
 * One address of the account.
 */
export const getAddress = /* @__PURE__ */ operation<operations['getAddress']>('getAddress', 'GET', '/api/v1/addresses/{id}');

/**
 * Get a brand.
 *
 * One brand with the number of its active products.
 */
export const getBrand = /* @__PURE__ */ operation<operations['getBrand']>('getBrand', 'GET', '/api/v1/brands/{id}');

/**
 * Get the cart.
 *
 * The lines with prices and stock as they are now, and what stands in the way of buying them.
 * Whoever is logged in sees the account's cart; a guest the one `X-Cart-Token` opens, or
 * without one an empty cart.
 */
export const getCart = /* @__PURE__ */ operation<operations['getCart']>('getCart', 'GET', '/api/v1/cart', ['X-Cart-Token']);

/**
 * Get a category.
 *
 * One category with the number of active products in it and below it.
 */
export const getCategory = /* @__PURE__ */ operation<operations['getCategory']>('getCategory', 'GET', '/api/v1/categories/{id}');

/**
 * Who am I.
 *
 * The account that the access token belongs to.
 */
export const getCurrentUser = /* @__PURE__ */ operation<operations['getCurrentUser']>('getCurrentUser', 'GET', '/api/v1/auth/me');

/**
 * Get an account.
 *
 * One account.
 */
export const getCustomer = /* @__PURE__ */ operation<operations['getCustomer']>('getCustomer', 'GET', '/api/v1/admin/customers/{id}');

/**
 * See how the shop does.
 *
 * Figures of a range of days, `from` and `to` included, each from midnight to midnight in the
 * store's time zone, also on days of 23 or 25 hours. A range has at most 366 days; without one
 * it is the last 30, today included.
 *
 * - **Revenue** is what was paid, counted on the day the payment came, less what was given
 *   back of it since, on whatever day. What came for an order that did not want it any more,
 *   and goes back, does not count.
 * - **Paid orders** are the orders those payments were for, also when all was given back
 *   since. The **average order** is the revenue by their number.
 * - **Orders** are counted on the day they were placed, by the status they have now.
 * - **New customers** are the accounts of customers that were made, also those that were
 *   deleted since.
 * - **Conversion** is how many of those who shopped paid: `shoppers` are the accounts that
 *   placed an order and the carts, guests' too, that hold something put into them in the
 *   range; `buyers` are those of them with an order of the range that is paid. Carts that were
 *   emptied, or of guests who were gone for long, are not known any more.
 * - **Top products and categories** count units and what they were sold for, before refunds,
 *   in orders that were paid in the range and of whose money something was kept; categories
 *   are the products' own of today. **Top customers** are ranked by revenue.
 * - **Low stock** and **stock value** are those of now: variants of products in the shop with
 *   at most `STOCK_LOW` units; and all units whose stock is counted, at the price they are
 *   sold for now.
 *
 * Every table of it comes as CSV from [the reports](#operation/getDashboardReport).
 */
export const getDashboard = /* @__PURE__ */ operation<operations['getDashboard']>('getDashboard', 'GET', '/api/v1/admin/dashboard');

/**
 * Get a table of the dashboard as CSV.
 *
 * One table of [the dashboard](#operation/getDashboard) as CSV: UTF-8, commas, a first line
 * with the names of the columns. A cell that a spreadsheet would take for a formula, as it
 * begins with `=`, `+`, `-`, `@`, a tab or a carriage return, begins with an apostrophe.
 */
export const getDashboardReport = /* @__PURE__ */ operation<operations['getDashboardReport']>('getDashboardReport', 'GET', '/api/v1/admin/dashboard/{report}');

/**
 * This contract as a page to read and try.
 *
 * An interactive page that needs nothing from outside this server.
 */
export const getDocs = /* @__PURE__ */ operation<operations['getDocs']>('getDocs', 'GET', '/docs');

/**
 * Product feed for Google Merchant Center.
 *
 * All active products as an RSS 2.0 feed with the columns of Google Merchant Center, an item
 * for each variant. Give Google this address with the token of `FEED_TOKEN`; without that
 * setting, or with another token, there is nothing here.
 */
export const getGoogleFeed = /* @__PURE__ */ operation<operations['getGoogleFeed']>('getGoogleFeed', 'GET', '/feeds/google.xml');

/**
 * How is everything.
 *
 * The same as [readiness](#operation/getReadiness), under the name many monitors look for.
 */
export const getHealth = /* @__PURE__ */ operation<operations['getHealth']>('getHealth', 'GET', '/healthz');

/**
 * Follow an import.
 *
 * How far an import is, and what it did. Another account's is not there, unless an administrator asks.
 */
export const getImport = /* @__PURE__ */ operation<operations['getImport']>('getImport', 'GET', '/api/v1/admin/imports/{id}');

/**
 * See the state of the index.
 *
 * How many products are indexed, stale or failing, by which model, and when the last run ended.
 */
export const getIndexStatus = /* @__PURE__ */ operation<operations['getIndexStatus']>('getIndexStatus', 'GET', '/api/v1/rag/status');

/**
 * Public keys of access tokens.
 *
 * The keys (RFC 7517) that access tokens are signed with, for services that check them by
 * themselves. Empty while tokens are signed with a shared secret.
 */
export const getJWKS = /* @__PURE__ */ operation<operations['getJWKS']>('getJWKS', 'GET', '/.well-known/jwks.json');

/**
 * Get a job.
 *
 * One job with the errors of its attempts.
 */
export const getJob = /* @__PURE__ */ operation<operations['getJob']>('getJob', 'GET', '/api/v1/admin/jobs/{id}');

/**
 * Is the process alive.
 *
 * 200 as long as the process can answer at all. Restart it when it cannot.
 */
export const getLiveness = /* @__PURE__ */ operation<operations['getLiveness']>('getLiveness', 'GET', '/livez');

/**
 * Get an image.
 *
 * A product image. Its name changes whenever its content does, so it may be kept for a year.
 * Clients take the address from a product's `images`.
 */
export const getMedia = /* @__PURE__ */ operation<operations['getMedia']>('getMedia', 'GET', '/media/{path}', ['Range', 'If-Range', 'If-None-Match']);

/**
 * Metrics for Prometheus.
 *
 * Requests, durations and errors by `operationId`, connection pools, the Go runtime. Served
 * here unless `METRICS_ADDRESS` moves it to an address of its own.
 */
export const getMetrics = /* @__PURE__ */ operation<operations['getMetrics']>('getMetrics', 'GET', '/metrics');

/**
 * Get my review of a product.
 *
 * The review the account wrote about the product, also while the shop hides it.
 */
export const getMyReview = /* @__PURE__ */ operation<operations['getMyReview']>('getMyReview', 'GET', '/api/v1/products/{id}/reviews/mine');

/**
 * This contract as OpenAPI 3.1.
 *
 * The same contract as JSON of OpenAPI 3.1, whose schemas are those of JSON Schema 2020-12:
 * null is a type, and examples are lists.
 */
export const getOpenAPI31JSON = /* @__PURE__ */ operation<operations['getOpenAPI31JSON']>('getOpenAPI31JSON', 'GET', '/openapi-3.1.json');

/**
 * This contract as JSON.
 *
 * The same contract for tools that want JSON, in the same order.
 */
export const getOpenAPIJSON = /* @__PURE__ */ operation<operations['getOpenAPIJSON']>('getOpenAPIJSON', 'GET', '/openapi.json');

/**
 * This contract as YAML.
 *
 * The contract that the server was built from, without anchors, aliases and merge keys. It
 * reads alike as YAML 1.1 and 1.2.
 */
export const getOpenAPIYAML = /* @__PURE__ */ operation<operations['getOpenAPIYAML']>('getOpenAPIYAML', 'GET', '/openapi.yaml');

/**
 * Get one of my orders.
 *
 * One order of the account with its lines, addresses, history and shipment.
 */
export const getOrder = /* @__PURE__ */ operation<operations['getOrder']>('getOrder', 'GET', '/api/v1/orders/{id}');

/**
 * Get one of my payments.
 *
 * One payment of the account. A payment that was `pending` shows here how it ended.
 */
export const getPayment = /* @__PURE__ */ operation<operations['getPayment']>('getPayment', 'GET', '/api/v1/payments/{id}');

/**
 * Get one of my saved payment methods.
 *
 * One payment method of the account.
 */
export const getPaymentMethod = /* @__PURE__ */ operation<operations['getPaymentMethod']>('getPaymentMethod', 'GET', '/api/v1/payments/methods/{id}');

/**
 * One problem.
 *
 * What a `code` means and what to do about it. The `type` of each problem leads here. A page
 * for people with `Accept: text/html`, as browsers send, else JSON.
 */
export const getProblemType = /* @__PURE__ */ operation<operations['getProblemType']>('getProblemType', 'GET', '/problems/{code}');

/**
 * Get a product.
 *
 * One active product with its variants, images and attributes.
 */
export const getProduct = /* @__PURE__ */ operation<operations['getProduct']>('getProduct', 'GET', '/api/v1/products/{id}');

/**
 * Get a product by its slug.
 *
 * The same as [by id](#operation/getProduct), for storefronts whose addresses carry the slug. A slug that the product had before leads to the one it has now, by 301, for ever: HTTP clients follow it, and a storefront that finds another `slug` in the product than it asked for redirects its own visitors. A slug that another product has taken since is that product's. Filters by brand and category understand former slugs as well, without a redirect.
 */
export const getProductBySlug = /* @__PURE__ */ operation<operations['getProductBySlug']>('getProductBySlug', 'GET', '/api/v1/products/slug/{slug}');

/**
 * Get my profile.
 *
 * The caller's own account.
 */
export const getProfile = /* @__PURE__ */ operation<operations['getProfile']>('getProfile', 'GET', '/api/v1/users/me');

/**
 * May traffic be sent here.
 *
 * 503 only when PostgreSQL is out of reach, migrations are pending or the server is shutting
 * down. Without Redis or the model the server still serves: 200 with their names in
 * `degraded`.
 */
export const getReadiness = /* @__PURE__ */ operation<operations['getReadiness']>('getReadiness', 'GET', '/readyz');

/**
 * This contract as a page to read.
 *
 * A page with a table of contents and a search that needs nothing from outside this server.
 */
export const getReadingView = /* @__PURE__ */ operation<operations['getReadingView']>('getReadingView', 'GET', '/redoc');

/**
 * Name, version and links.
 *
 * Where to go from here.
 */
export const getServiceInfo = /* @__PURE__ */ operation<operations['getServiceInfo']>('getServiceInfo', 'GET', '/');

/**
 * See how my order travels.
 *
 * Carrier, tracking number and what happened on the way. 404 `shipment_not_found` until there is something to tell.
 */
export const getShipment = /* @__PURE__ */ operation<operations['getShipment']>('getShipment', 'GET', '/api/v1/orders/{id}/shipment');

/**
 * See how large the shop is.
 *
 * How many there are of what, how much room it takes, jobs by state, and the versions of
 * everything. Counts are exact; the rows of tables are the database's own estimate. `redis` is
 * null while Redis is out of reach.
 */
export const getStats = /* @__PURE__ */ operation<operations['getStats']>('getStats', 'GET', '/api/v1/admin/stats');

/**
 * Get the stock of a GTIN.
 *
 * The variant with this GTIN, in any of its lengths, and its level at each location.
 */
export const getStock = /* @__PURE__ */ operation<operations['getStock']>('getStock', 'GET', '/api/v1/admin/stock/{gtin}');

/**
 * See what runs out.
 *
 * How many variants in the shop are out of stock, critical, low, medium or high, by the
 * thresholds of the settings; and the variants of one level or all, the emptiest first, with
 * what they sold in 30 days and how many days what is left will last at that pace.
 */
export const getStockHealth = /* @__PURE__ */ operation<operations['getStockHealth']>('getStockHealth', 'GET', '/api/v1/admin/stock/health');

/**
 * Get a set of synonyms.
 *
 * One set of synonyms.
 */
export const getSynonyms = /* @__PURE__ */ operation<operations['getSynonyms']>('getSynonyms', 'GET', '/api/v1/admin/search/synonyms/{id}');

/**
 * Get a variant.
 *
 * One variant of a product. Its `ETag` is the product's.
 */
export const getVariant = /* @__PURE__ */ operation<operations['getVariant']>('getVariant', 'GET', '/api/v1/admin/products/{id}/variants/{variant_id}');

/**
 * Get a webhook.
 *
 * One webhook, without its secret.
 */
export const getWebhook = /* @__PURE__ */ operation<operations['getWebhook']>('getWebhook', 'GET', '/api/v1/admin/webhooks/{id}');

/**
 * Index the categories and blend them into the products.
 *
 * Makes a vector for every category that has none or whose text has changed, then blends it
 * into the vectors of its products: 80 % product, 20 % category. Runs as the index of products
 * does.
 */
export const indexCategories = /* @__PURE__ */ operation<operations['indexCategories']>('indexCategories', 'POST', '/api/v1/rag/index/categories');

/**
 * Index the catalogue.
 *
 * Makes a vector for every product that has none or whose text has changed, inactive ones too,
 * and answers when done. Products whose text is unchanged cost nothing. A run that is under
 * way already is not started twice: its outcome is answered. It continues when the client
 * disconnects, waits when the model's quota for a minute is used up, and resumes after a
 * restart of the server; `GET /api/v1/rag/status` tells how far it is.
 */
export const indexProducts = /* @__PURE__ */ operation<operations['indexProducts']>('indexProducts', 'POST', '/api/v1/rag/index');

/**
 * List API keys.
 *
 * The keys that work or have expired, newest first. None is shown whole.
 */
export const listAPIKeys = /* @__PURE__ */ operation<operations['listAPIKeys']>('listAPIKeys', 'GET', '/api/v1/admin/api-keys');

/**
 * List my addresses.
 *
 * The account's addresses, defaults first.
 */
export const listAddresses = /* @__PURE__ */ operation<operations['listAddresses']>('listAddresses', 'GET', '/api/v1/addresses');

/**
 * See who changed what.
 *
 * What happened to accounts, and every change that staff and administrators made, newest
 * first: who did it, from where, by which operation, and the fields that changed as they were
 * before and are after. It was written in the transaction of the change itself and is never
 * changed nor deleted.
 *
 * Of secrets and personal data it says only that they changed (`[masked]`). What is created
 * has no `before`, what is deleted no `after`; `detail` tells what else there is to know, such
 * as the product of a variant. One request may leave several entries, which share its
 * `request_id`. Lists of the log have no `total`.
 */
export const listAuditLog = /* @__PURE__ */ operation<operations['listAuditLog']>('listAuditLog', 'GET', '/api/v1/admin/audit-log');

/**
 * List what is bought with a product.
 *
 * Products in stock that customers who paid for this one paid for too, in orders of a year,
 * the strongest tie first. A tie takes two customers at least, and what everybody buys counts
 * less. Counted again each hour; empty when nothing is known yet: [similar
 * products](#operation/listSimilarProducts) then serve.
 */
export const listBoughtTogether = /* @__PURE__ */ operation<operations['listBoughtTogether']>('listBoughtTogether', 'GET', '/api/v1/products/{id}/bought-together');

/**
 * List brands.
 *
 * All brands by name, each with the number of its active products.
 */
export const listBrands = /* @__PURE__ */ operation<operations['listBrands']>('listBrands', 'GET', '/api/v1/brands');

/**
 * List categories.
 *
 * All categories by name, each with its parent and the number of active products in it and below it.
 */
export const listCategories = /* @__PURE__ */ operation<operations['listCategories']>('listCategories', 'GET', '/api/v1/categories');

/**
 * List accounts.
 *
 * All accounts, newest first, with what they bought: `spent` adds up the orders that are paid
 * and not cancelled. `q` looks for a part of e-mail address, user name or name.
 */
export const listCustomers = /* @__PURE__ */ operation<operations['listCustomers']>('listCustomers', 'GET', '/api/v1/admin/customers');

/**
 * List featured products.
 *
 * Active products the shop puts in its window, newest first.
 */
export const listFeaturedProducts = /* @__PURE__ */ operation<operations['listFeaturedProducts']>('listFeaturedProducts', 'GET', '/api/v1/products/featured');

/**
 * List what was wrong with an import.
 *
 * Rows that were refused, and warnings such as images that could not be fetched, in the order
 * they were found. The first 1,000 are kept; the import counts all.
 */
export const listImportErrors = /* @__PURE__ */ operation<operations['listImportErrors']>('listImportErrors', 'GET', '/api/v1/admin/imports/{id}/errors');

/**
 * List imports.
 *
 * The imports the account started, newest first; administrators see those of all. Lists of imports have no `total`.
 */
export const listImports = /* @__PURE__ */ operation<operations['listImports']>('listImports', 'GET', '/api/v1/admin/imports');

/**
 * List jobs.
 *
 * Jobs, newest first. Of what a job is about only numbers and words that are known to be
 * harmless are shown. Lists of jobs have no `total`.
 */
export const listJobs = /* @__PURE__ */ operation<operations['listJobs']>('listJobs', 'GET', '/api/v1/admin/jobs');

/**
 * List locations.
 *
 * Where stock lies, in the order sales take from them.
 */
export const listLocations = /* @__PURE__ */ operation<operations['listLocations']>('listLocations', 'GET', '/api/v1/admin/stock/locations');

/**
 * List my orders.
 *
 * The account's orders, newest first.
 */
export const listOrders = /* @__PURE__ */ operation<operations['listOrders']>('listOrders', 'GET', '/api/v1/orders');

/**
 * List my saved payment methods.
 *
 * The payment methods the account keeps with the payment provider, the default first.
 */
export const listPaymentMethods = /* @__PURE__ */ operation<operations['listPaymentMethods']>('listPaymentMethods', 'GET', '/api/v1/payments/methods');

/**
 * List the ways to pay.
 *
 * The ways to pay that the shop offers. `code` is the `payment_type` of other operations.
 */
export const listPaymentTypes = /* @__PURE__ */ operation<operations['listPaymentTypes']>('listPaymentTypes', 'GET', '/api/v1/payment-types');

/**
 * List my payments.
 *
 * Every attempt of the account to pay, newest first, with what was given back.
 */
export const listPayments = /* @__PURE__ */ operation<operations['listPayments']>('listPayments', 'GET', '/api/v1/payments');

/**
 * List what is done again and again.
 *
 * The kinds of jobs that are inserted once a period, however many servers there are, with when
 * they were last worked and are due next. A job that is overdue means that no server works
 * jobs.
 */
export const listPeriodicJobs = /* @__PURE__ */ operation<operations['listPeriodicJobs']>('listPeriodicJobs', 'GET', '/api/v1/admin/jobs/periodic');

/**
 * All problems.
 *
 * Every `code` of a problem, with what it means, what to do about it, and the operations that
 * respond with it. A page for people with `Accept: text/html`, as browsers send, else JSON.
 */
export const listProblemTypes = /* @__PURE__ */ operation<operations['listProblemTypes']>('listProblemTypes', 'GET', '/problems');

/**
 * List products on sale.
 *
 * Active products whose discount price is below their price, newest first.
 */
export const listProductOffers = /* @__PURE__ */ operation<operations['listProductOffers']>('listProductOffers', 'GET', '/api/v1/products/offers');

/**
 * List a product's reviews.
 *
 * What buyers wrote about a product, newest first unless `sort` says otherwise, with a summary
 * of all its reviews. Titles and bodies are plain text: escape them where they are shown.
 */
export const listProductReviews = /* @__PURE__ */ operation<operations['listProductReviews']>('listProductReviews', 'GET', '/api/v1/products/{id}/reviews');

/**
 * List products.
 *
 * Active products, newest first unless `sort` says otherwise. All filters combine. `q` looks
 * for its words in name, brand, category, description and sku; for typos and meaning use
 * [search](#operation/searchProducts).
 */
export const listProducts = /* @__PURE__ */ operation<operations['listProducts']>('listProducts', 'GET', '/api/v1/products');

/**
 * Where am I logged in.
 *
 * The account's living sessions, the last used first.
 */
export const listSessions = /* @__PURE__ */ operation<operations['listSessions']>('listSessions', 'GET', '/api/v1/auth/sessions');

/**
 * List products like one.
 *
 * Products in stock that are nearest in meaning to one, best first: those at 0.4 to 2.5 times
 * its price before others, and at most 3 of a brand. For a product that is not indexed yet,
 * the newest of its category.
 */
export const listSimilarProducts = /* @__PURE__ */ operation<operations['listSimilarProducts']>('listSimilarProducts', 'GET', '/api/v1/products/{id}/similar');

/**
 * List stock levels.
 *
 * What can be sold of each variant at each location, by variant.
 */
export const listStock = /* @__PURE__ */ operation<operations['listStock']>('listStock', 'GET', '/api/v1/admin/stock');

/**
 * List stock movements.
 *
 * The ledger, newest first: every unit that came or went, why, and by whom. The sum of a
 * level's movements is the level, always; rows are never changed.
 */
export const listStockMovements = /* @__PURE__ */ operation<operations['listStockMovements']>('listStockMovements', 'GET', '/api/v1/admin/stock/movements');

/**
 * List synonyms.
 *
 * All sets of synonyms, oldest first.
 */
export const listSynonyms = /* @__PURE__ */ operation<operations['listSynonyms']>('listSynonyms', 'GET', '/api/v1/admin/search/synonyms');

/**
 * List a product's variants.
 *
 * All variants of a product, default first; a product has at most 100.
 */
export const listVariants = /* @__PURE__ */ operation<operations['listVariants']>('listVariants', 'GET', '/api/v1/admin/products/{id}/variants');

/**
 * List deliveries.
 *
 * What was sent to a webhook or is on its way, newest first, with how the last attempt ended.
 * Deliveries are kept for 30 days. Their lists have no `total`.
 */
export const listWebhookDeliveries = /* @__PURE__ */ operation<operations['listWebhookDeliveries']>('listWebhookDeliveries', 'GET', '/api/v1/admin/webhooks/{id}/deliveries');

/**
 * List webhooks.
 *
 * All webhooks, oldest first. Secrets are shown once, when they are made, and never again.
 */
export const listWebhooks = /* @__PURE__ */ operation<operations['listWebhooks']>('listWebhooks', 'GET', '/api/v1/admin/webhooks');

/**
 * Log in.
 *
 * Returns an access token and a refresh token. Send either JSON with `email` or `username`, or
 * an OAuth2 password form (RFC 6749, section 4.3) whose `username` may be an e-mail address as
 * well.
 *
 * With `use_cookies=true` both tokens are set as HttpOnly cookies too, with a readable
 * `csrf_token`: see the security scheme `cookie`.
 *
 * A wrong password and an unknown account get the same answer after the same time. Only the
 * right password of a deactivated account gets 403.
 */
export const login = /* @__PURE__ */ operation<operations['login']>('login', 'POST', '/api/v1/auth/login');

/**
 * Log out of this session.
 *
 * Ends the session of the access token at once. Its refresh token and all its access tokens are refused from now on.
 */
export const logout = /* @__PURE__ */ operation<operations['logout']>('logout', 'POST', '/api/v1/auth/logout');

/**
 * Log out everywhere.
 *
 * Ends every session of the account at once, this one included.
 */
export const logoutAll = /* @__PURE__ */ operation<operations['logoutAll']>('logoutAll', 'POST', '/api/v1/auth/logout-all');

/**
 * Take over a guest's cart.
 *
 * Adds the lines of a guest's cart to the account's, for clients to call after a login.
 * Quantities of the same variant add up, to what is in stock at most. What is not sold or out
 * of stock, and lines beyond the hundredth, are left out: `dropped` names every unit that was,
 * and why. The guest's cart is gone afterwards, and its token opens nothing (404
 * `cart_not_found`).
 */
export const mergeCart = /* @__PURE__ */ operation<operations['mergeCart']>('mergeCart', 'POST', '/api/v1/cart/merge');

/**
 * Pay one of my orders.
 *
 * Charges the order's total, either to a saved method (`payment_method_id`, or that of the
 * order for `{}`) or to a one-time token of the payment provider (`token` with its
 * `payment_type`). Never send a card number: it is refused (422 `card_number_refused`) before
 * anything is made of it.
 *
 * - **201**: The money is taken, and the order is `PAID`.
 * - **202**: The provider has not decided yet, or its answer was lost: the payment is
 *   `pending`. The shop finds out by itself; until then the order is neither cancelled for
 *   want of payment nor payable again (409 `payment_in_progress`).
 * - **402** `payment_declined`: No money was taken; `detail` says why. The order stays
 *   `PENDING` and can be paid otherwise.
 * - **409** `amount_mismatch`: The provider took another amount than the total. That payment
 *   is set aside (`decline_code` says so to the shop's staff), what was taken goes back by
 *   itself, and the order stays `PENDING`; its history says both.
 * - **503** `payments_unavailable`: The provider is out of reach. Surely nothing was charged.
 * - **503** `outcome_unknown`: The database was lost on the way. Send the same with the same
 *   key.
 *
 * An order that is not `PENDING` is 409 `order_not_payable`, one that is paid already 409
 * `order_already_paid`. An order that costs nothing is `PAID` from the start.
 *
 * Send an `Idempotency-Key`: a call that got no answer may then be sent again without paying
 * twice. After a crash of the server the key is free again within a minute and finishes what
 * was begun. A 202, a 402 and an `amount_mismatch` are answered again for their key too; read
 * the payment to learn how it ended, and pay again with another key.
 */
export const payOrder = /* @__PURE__ */ operation<operations['payOrder']>('payOrder', 'POST', '/api/v1/orders/{id}/pay', ['Idempotency-Key']);

/**
 * Send a test event.
 *
 * Sends an event of the type `webhook.ping` to this webhook, like any other. Its delivery
 * shows what became of it. A webhook that is not active gets none (409 `webhook_inactive`).
 */
export const pingWebhook = /* @__PURE__ */ operation<operations['pingWebhook']>('pingWebhook', 'POST', '/api/v1/admin/webhooks/{id}/test');

/**
 * Deliver again.
 *
 * Sends an event again, whether it was delivered, given up or is still being tried, with its
 * `webhook-id` of before. It is tried as often as a new one. A webhook that is not active gets
 * none (409 `webhook_inactive`).
 */
export const redeliverWebhook = /* @__PURE__ */ operation<operations['redeliverWebhook']>('redeliverWebhook', 'POST', '/api/v1/admin/webhooks/{id}/deliveries/{delivery_id}/redeliver');

/**
 * Exchange a refresh token for new tokens.
 *
 * Spends the refresh token and returns a new pair. Of several racing calls with one token
 * exactly one wins; the others get 409 `refresh_in_progress` and the session stays valid. So
 * does a token that comes back up to 10 seconds after its exchange, as another tab of the
 * browser may send it (setting `REFRESH_LEEWAY`). One that comes back later is taken as
 * stolen: the session ends, and its access tokens with it (401 `token_reused`).
 *
 * Without a body the token of the cookie is exchanged, and the cookies are set again; that
 * needs `X-CSRF-Token` (403 `csrf_token_missing`). When the session has ended (401) the answer
 * removes the cookies.
 */
export const refreshToken = /* @__PURE__ */ operation<operations['refreshToken']>('refreshToken', 'POST', '/api/v1/auth/refresh');

/**
 * Give money back.
 *
 * Gives back `amount` of what was paid for an order, or all that is left of it. All refunds
 * together never exceed the payment (409 `refund_too_large`; 409 `nothing_to_refund` when
 * nothing is left). With `cancel` a `PAID` order all of whose money goes back is cancelled
 * once it is back, and its units return into stock; until then it cannot be shipped. An order
 * that was refunded in full before is only cancelled, and so is one that cost nothing, whose
 * answer is 204 as there is no refund to show.
 *
 * 201 when the money is back; 202 when the provider has not decided yet or its answer was
 * lost: the shop finds out by itself. A provider that refuses for good is 409 `refund_failed`,
 * one out of reach 503. What was paid outside the shop (`manual`) is only noted as given back.
 *
 * A `reason` that holds what looks like a card number is refused (422 `card_number_refused`).
 *
 * Send an `Idempotency-Key`: a call that got no answer may then be sent again without
 * refunding twice.
 */
export const refundOrder = /* @__PURE__ */ operation<operations['refundOrder']>('refundOrder', 'POST', '/api/v1/admin/orders/{id}/refunds', ['Idempotency-Key']);

/**
 * Create an account.
 *
 * Creates a customer account. E-mail address and user name are unique without regard to case.
 * Passwords are 8 to 72 bytes of UTF-8; passwords known to be common are refused. A link to
 * verify the address is mailed.
 *
 * A shop that keeps to itself who has an account (`REGISTER_ENUMERATION=hidden`) answers 202
 * in any case, and mails the owner of an account that exists already.
 */
export const register = /* @__PURE__ */ operation<operations['register']>('register', 'POST', '/api/v1/auth/register');

/**
 * Index one product again.
 *
 * Makes the vector of one product again, whether its text changed or not, and keeps the category blend.
 */
export const reindexProduct = /* @__PURE__ */ operation<operations['reindexProduct']>('reindexProduct', 'PUT', '/api/v1/rag/products/{id}/reindex');

/**
 * Take something out of the cart.
 *
 * Removes the line.
 */
export const removeCartItem = /* @__PURE__ */ operation<operations['removeCartItem']>('removeCartItem', 'DELETE', '/api/v1/cart/items/{product_id}', ['X-Cart-Token', 'If-Match']);

/**
 * Rename a location.
 *
 * Changes a location's name; its code stays.
 */
export const renameLocation = /* @__PURE__ */ operation<operations['renameLocation']>('renameLocation', 'PATCH', '/api/v1/admin/stock/locations/{code}');

/**
 * Replace one of my addresses.
 *
 * Sets all of the address. What is left out becomes empty.
 */
export const replaceAddress = /* @__PURE__ */ operation<operations['replaceAddress']>('replaceAddress', 'PUT', '/api/v1/addresses/{id}');

/**
 * Replace a brand.
 *
 * Sets all of the brand; what is left out becomes empty, except the slug, which stays.
 */
export const replaceBrand = /* @__PURE__ */ operation<operations['replaceBrand']>('replaceBrand', 'PUT', '/api/v1/admin/brands/{id}', ['If-Match']);

/**
 * Replace a category.
 *
 * Sets all of the category; what is left out becomes empty, except the slug, which stays. A
 * category cannot be moved below itself (409 `category_cycle`). Its products are found by the
 * new name at once.
 */
export const replaceCategory = /* @__PURE__ */ operation<operations['replaceCategory']>('replaceCategory', 'PUT', '/api/v1/admin/categories/{id}', ['If-Match']);

/**
 * Change my review of a product.
 *
 * Sets all of the review; what is left out becomes empty. One that the shop hides stays hidden.
 */
export const replaceMyReview = /* @__PURE__ */ operation<operations['replaceMyReview']>('replaceMyReview', 'PUT', '/api/v1/products/{id}/reviews/mine');

/**
 * Replace a product.
 *
 * Sets all of the product; what is left out becomes empty or its default, except slug and sku,
 * which stay. `price`, `discount_price`, `sku` and `gtin` are those of the default variant.
 * Stock is set by [its own operation](#operation/setInventory).
 */
export const replaceProduct = /* @__PURE__ */ operation<operations['replaceProduct']>('replaceProduct', 'PUT', '/api/v1/admin/products/{id}', ['If-Match']);

/**
 * Replace my profile.
 *
 * Sets all of the profile. What is left out or null becomes empty.
 */
export const replaceProfile = /* @__PURE__ */ operation<operations['replaceProfile']>('replaceProfile', 'PUT', '/api/v1/users/me');

/**
 * Replace a set of synonyms.
 *
 * Sets all of the set; a `meaning` that is left out is taken away.
 */
export const replaceSynonyms = /* @__PURE__ */ operation<operations['replaceSynonyms']>('replaceSynonyms', 'PUT', '/api/v1/admin/search/synonyms/{id}', ['If-Match']);

/**
 * Replace a variant.
 *
 * Sets all of the variant; what is left out becomes empty or its default, except the sku, which stays.
 */
export const replaceVariant = /* @__PURE__ */ operation<operations['replaceVariant']>('replaceVariant', 'PUT', '/api/v1/admin/products/{id}/variants/{variant_id}', ['If-Match']);

/**
 * Mail me a link to verify my address.
 *
 * Mails a link that proves the account's e-mail address. It is good for a day. An address that is verified already gets no mail.
 */
export const requestEmailVerification = /* @__PURE__ */ operation<operations['requestEmailVerification']>('requestEmailVerification', 'POST', '/api/v1/auth/verify-email/request');

/**
 * Set a new password by a mailed link.
 *
 * Sets a new password with the token of the link that was mailed, and ends all sessions of the
 * account. A token is spent by the first use, by a newer password, and after an hour.
 */
export const resetPassword = /* @__PURE__ */ operation<operations['resetPassword']>('resetPassword', 'POST', '/api/v1/auth/reset-password');

/**
 * Restore a deleted product.
 *
 * Brings a deleted product back as it was. One that is not deleted stays as it is.
 */
export const restoreProduct = /* @__PURE__ */ operation<operations['restoreProduct']>('restoreProduct', 'POST', '/api/v1/admin/products/{id}/restore');

/**
 * Work a job again.
 *
 * Has a job that failed, was cancelled or waits for its next attempt worked at once, with one
 * attempt more if it had none left. A job that is running (409 `job_running`) or done (409
 * `job_completed`) stays as it is, and so does one in whose place there is another by now (409
 * `job_replaced`).
 */
export const retryJob = /* @__PURE__ */ operation<operations['retryJob']>('retryJob', 'POST', '/api/v1/admin/jobs/{id}/retry');

/**
 * Revoke an API key.
 *
 * Ends a key for good, from the next request on, and with it the one that a rotation left. It
 * stays to be read, since the audit log refers to it.
 */
export const revokeAPIKey = /* @__PURE__ */ operation<operations['revokeAPIKey']>('revokeAPIKey', 'DELETE', '/api/v1/admin/api-keys/{id}', ['If-Match']);

/**
 * Replace an API key.
 *
 * Makes another key with the same rights, shown this once. The previous one works for a day,
 * or for `overlap_seconds`: say 0 when it was leaked. One that was there before that one ends
 * at once.
 */
export const rotateAPIKey = /* @__PURE__ */ operation<operations['rotateAPIKey']>('rotateAPIKey', 'POST', '/api/v1/admin/api-keys/{id}/rotate');

/**
 * Change a webhook's secret.
 *
 * Makes a new secret, which is shown this once. For 24 hours the previous one signs as well,
 * so the receiver can change over without missing anything. One that was there before that one
 * signs no more.
 */
export const rotateWebhookSecret = /* @__PURE__ */ operation<operations['rotateWebhookSecret']>('rotateWebhookSecret', 'POST', '/api/v1/admin/webhooks/{id}/rotate-secret');

/**
 * Search products.
 *
 * Finds products by words and by meaning, best first. `hybrid` weighs both, products with
 * every word first; `keyword` leaves meaning out; `semantic` uses meaning alone. An exact sku
 * or GTIN comes first, then for the name of a brand its products. At most the 200 best are
 * ranked.
 *
 * Before anything is looked for, the text is understood: prices in it ("under $60", "between
 * $20 and $40") become filters unless `min_price` or `max_price` say otherwise, and are echoed
 * in `interpreted`; a bare number behind people who can be that old is an age and no price
 * ("kids under 3", "women over 50", but not "shoes for men under 50"); words no product has
 * are corrected to the likeliest ones that products have, which `corrected_query` says;
 * synonyms are added. When no product has all words, those with the more telling ones are
 * found, and `dropped_words` names what the best of them lacks. A text of which no word is
 * known finds nothing. When the model that understands meaning is out of reach, `hybrid`
 * answers by words and says so in `mode_used`.
 *
 * Facets, if asked for, count the products that match the words, or in `semantic` mode the 200
 * nearest in meaning.
 */
export const searchProducts = /* @__PURE__ */ operation<operations['searchProducts']>('searchProducts', 'GET', '/api/v1/products/search');

/**
 * Give an account a role.
 *
 * The new role holds for the next call of every session. The last active administrator stays one.
 */
export const setCustomerRole = /* @__PURE__ */ operation<operations['setCustomerRole']>('setCustomerRole', 'PUT', '/api/v1/admin/customers/{id}/role');

/**
 * Activate or deactivate an account.
 *
 * Deactivating ends all sessions of the account at once. The last active administrator stays active.
 */
export const setCustomerStatus = /* @__PURE__ */ operation<operations['setCustomerStatus']>('setCustomerStatus', 'PUT', '/api/v1/admin/customers/{id}/status');

/**
 * Set how many units of a product there are.
 *
 * Sets the units at one location, by a count, and whether units are counted at all. A product
 * of several variants needs `variant_id` (422 `variant_required`).
 */
export const setInventory = /* @__PURE__ */ operation<operations['setInventory']>('setInventory', 'PUT', '/api/v1/admin/products/{id}/inventory');

/**
 * Move an order on.
 *
 * `PENDING` goes to `PAID` or `CANCELLED` (the units go back into stock), `PAID` to `SHIPPED`,
 * `SHIPPED` to `DELIVERED`. Any other step is 400 `invalid_transition`: a paid order is
 * cancelled by [its refund](#operation/refundOrder) alone. An order that is called `PAID` here
 * was paid outside the shop, and a payment of the provider `manual` says so; that is 409
 * `payment_in_progress` while a payment of it is under way. An order whose money is on its way
 * back so that it can be cancelled does not ship (409 `refund_in_progress`).
 */
export const setOrderStatus = /* @__PURE__ */ operation<operations['setOrderStatus']>('setOrderStatus', 'PUT', '/api/v1/admin/orders/{id}/status', ['If-Match']);

/**
 * Hide a review or show it.
 *
 * A hidden review is shown to its author alone and does not count in the product's rating. Who
 * hid it, and why, is kept in the audit trail.
 */
export const setReviewVisibility = /* @__PURE__ */ operation<operations['setReviewVisibility']>('setReviewVisibility', 'PUT', '/api/v1/admin/reviews/{id}/visibility');

/**
 * Say how an order travels.
 *
 * Sets carrier and tracking of an order that is paid, shipped or delivered (409
 * `order_not_shippable` otherwise), and adds what happened: `event`, or by itself a change of
 * `status`. It does not move the order on; that is [its own
 * operation](#operation/setOrderStatus).
 */
export const setShipment = /* @__PURE__ */ operation<operations['setShipment']>('setShipment', 'PUT', '/api/v1/admin/orders/{id}/shipment', ['If-Match']);

/**
 * Set a stock level.
 *
 * Sets the units of a variant at a location exactly, as after a count; the difference goes
 * into the ledger. With `expected_quantity` nothing happens unless that is the level now (409
 * `stock_changed`): sales may have happened since you counted.
 */
export const setStock = /* @__PURE__ */ operation<operations['setStock']>('setStock', 'PUT', '/api/v1/admin/stock');

/**
 * Import products from a file.
 *
 * Takes a file of products in Google Shopping columns, uploaded as a form or fetched from a
 * public web address, and imports it in the background: follow it at
 * `/api/v1/admin/imports/{id}`.
 *
 * **The file** is CSV in UTF-8, UTF-16, Windows-1252 or ISO-8859-1, its cells separated by
 * commas, semicolons, tabs or pipes; both are detected. Any other encoding has to be named
 * (`encoding`, or the `charset` of its media type): a file whose letters do not tell its
 * encoding is refused. It may be compressed with gzip. The XML of Google's own format, and
 * exports of Shopify, WooCommerce and Magento, are recognised and read whole (`format` says
 * which). The first row names the columns, in any order and under their usual names. Known are
 * `id`, `sku`, `gtin`, `title`, `description`, `brand`, `product_type` (a path such as
 * `Phones > Cases`), `price` and `sale_price` (`19.99 USD`, `€19,99`, `1.299,00 €`, `¥1200`),
 * `sale_price_effective_date`, `availability`, `quantity`, `condition`, `item_group_id` with
 * `color`, `size`, `material`, `pattern`, `image_link`, `additional_image_link`, `is_active`,
 * `is_featured`, `options` and `attributes` (JSON). An export of this shop is such a file.
 *
 * **Attributes are public.** Columns by which Google describes goods, such as `material` or
 * `gender`, become attributes; others do so only if `attributes` or the setting
 * `FEED_ATTRIBUTES` names them, and are reported as left out otherwise.
 *
 * **Money and stock are read with care.** A sale price of 0 is no sale. A price of 0 is
 * refused without `allow_free`. What is `out_of_stock` is not for sale, whatever its quantity.
 * A price that can be read two ways is refused. An odd cell that could be left out costs only
 * itself, and is a warning.
 *
 * **Each row** is a variant, found by its `id`, else by its `sku`, else by its `gtin`, and
 * made when there is none. Rows with the same `item_group_id` are variants of one product,
 * whose text is that of the first. Columns the file lacks leave what is there alone; an empty
 * cell clears. Brands and categories are made when they are missing. A row that says nothing
 * new costs no write. A row that is wrong is reported with its line and reason and stops
 * nothing else. A file that is none, such as an archive, is refused (422 `not_a_feed`, or an
 * import that fails and says why).
 *
 * Images are fetched after the rows, and what cannot be fetched is a warning. At most 10
 * imports an hour.
 */
export const startImport = /* @__PURE__ */ operation<operations['startImport']>('startImport', 'POST', '/api/v1/admin/imports');

/**
 * Hear from Stripe.
 *
 * Where Stripe tells what became of payments and refunds. `Stripe-Signature` must sign exactly
 * these bytes and be at most five minutes old, and amount and currency must be those of the
 * payment: anything else is 400 `webhook_refused`, and nothing changes. Events may come more
 * than once and in any order. Events the shop has no use for are 200. While the shop does not
 * use Stripe, this is 404.
 */
export const stripeWebhook = /* @__PURE__ */ operation<operations['stripeWebhook']>('stripeWebhook', 'POST', '/api/v1/payments/stripe/webhook', ['Stripe-Signature']);

/**
 * Complete a search.
 *
 * What a shopper may be about to type: brands, categories and products with a word that begins
 * with the last one typed and all the words before it, and completed queries. When nothing
 * begins like it, mistyped words are corrected first.
 */
export const suggestProducts = /* @__PURE__ */ operation<operations['suggestProducts']>('suggestProducts', 'GET', '/api/v1/products/suggest');

/**
 * Hear from the test provider.
 *
 * The same for the provider of development and tests, which signs as Stripe does. While the
 * shop uses another provider, this is 404.
 */
export const testWebhook = /* @__PURE__ */ operation<operations['testWebhook']>('testWebhook', 'POST', '/api/v1/payments/test/webhook', ['Test-Signature']);

/**
 * Unsubscribe from mails about orders.
 *
 * Stops the mails about orders that a customer need not get; confirmations, cancellations and
 * refunds are still sent. Mail programs call it by one click (RFC 8058). It may be called
 * again and again; the profile's `order_updates` turns the mails on again.
 */
export const unsubscribe = /* @__PURE__ */ operation<operations['unsubscribe']>('unsubscribe', 'POST', '/api/v1/mails/unsubscribe');

/**
 * Change an API key.
 *
 * A JSON merge patch (RFC 7396) of its name, scopes, networks, rate limit or end. It holds
 * from the next request with the key on. `null` takes away a rate limit or an end.
 */
export const updateAPIKey = /* @__PURE__ */ operation<operations['updateAPIKey']>('updateAPIKey', 'PATCH', '/api/v1/admin/api-keys/{id}', ['If-Match']);

/**
 * Change one of my addresses.
 *
 * A JSON merge patch (RFC 7396). Only the fields sent change; null empties one.
 */
export const updateAddress = /* @__PURE__ */ operation<operations['updateAddress']>('updateAddress', 'PATCH', '/api/v1/addresses/{id}');

/**
 * Change a brand.
 *
 * A JSON merge patch (RFC 7396). Only the fields sent change.
 */
export const updateBrand = /* @__PURE__ */ operation<operations['updateBrand']>('updateBrand', 'PATCH', '/api/v1/admin/brands/{id}', ['If-Match']);

/**
 * Change a category.
 *
 * A JSON merge patch (RFC 7396). Only the fields sent change; `parent_id` null moves it to the top.
 */
export const updateCategory = /* @__PURE__ */ operation<operations['updateCategory']>('updateCategory', 'PATCH', '/api/v1/admin/categories/{id}', ['If-Match']);

/**
 * Change one of my saved payment methods.
 *
 * Makes it the default, in place of the one before, or not the default any more.
 */
export const updatePaymentMethod = /* @__PURE__ */ operation<operations['updatePaymentMethod']>('updatePaymentMethod', 'PATCH', '/api/v1/payments/methods/{id}');

/**
 * Change a product.
 *
 * A JSON merge patch (RFC 7396). Only the fields sent change; within `attributes` only the
 * names sent, and null removes one.
 */
export const updateProduct = /* @__PURE__ */ operation<operations['updateProduct']>('updateProduct', 'PATCH', '/api/v1/admin/products/{id}', ['If-Match']);

/**
 * Change an image.
 *
 * A JSON merge patch (RFC 7396). Only the fields sent change. `is_primary` true makes it the
 * one that stands for the product; a new `position` shifts the others.
 */
export const updateProductImage = /* @__PURE__ */ operation<operations['updateProductImage']>('updateProductImage', 'PATCH', '/api/v1/admin/products/{id}/images/{image_id}', ['If-Match']);

/**
 * Change my profile.
 *
 * A JSON merge patch (RFC 7396). Only the fields sent change; null empties one.
 */
export const updateProfile = /* @__PURE__ */ operation<operations['updateProfile']>('updateProfile', 'PATCH', '/api/v1/users/me');

/**
 * Change a variant.
 *
 * A JSON merge patch (RFC 7396). Only the fields sent change. `is_default` true makes it the
 * one that stands for the product.
 */
export const updateVariant = /* @__PURE__ */ operation<operations['updateVariant']>('updateVariant', 'PATCH', '/api/v1/admin/products/{id}/variants/{variant_id}', ['If-Match']);

/**
 * Change a webhook.
 *
 * A JSON merge patch (RFC 7396). Only the fields sent change. `is_active: false` pauses the
 * webhook: what is under way waits, and what happens meanwhile is not sent. `is_active: true`
 * resumes deliveries, also after it was disabled.
 */
export const updateWebhook = /* @__PURE__ */ operation<operations['updateWebhook']>('updateWebhook', 'PATCH', '/api/v1/admin/webhooks/{id}', ['If-Match']);

/**
 * Verify my address.
 *
 * Spends the token of a mailed link and marks the account's e-mail address as verified.
 */
export const verifyEmail = /* @__PURE__ */ operation<operations['verifyEmail']>('verifyEmail', 'POST', '/api/v1/auth/verify-email');
