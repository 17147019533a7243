// Shows the API's own description, which the same service answers with. Nothing else is loaded from anywhere.
window.addEventListener("load", () => {
  SwaggerUIBundle({
    dom_id: "#api",
    url: "openapi.json",
    // An address of one operation can be passed on.
    deepLinking: true,
    // A key is entered at "Authorize" and forgotten with the page.
    persistAuthorization: false,
    // Parameters can be filled in without a click before.
    tryItOutEnabled: true,
    displayRequestDuration: true,
    filter: true,
    defaultModelsExpandDepth: 0,
    // Would show the description to a service on the internet.
    validatorUrl: null,
  });
});
