const said = document.getElementById("said");
const answer = await fetch("/api/session");
said.textContent = answer.ok ? "You are logged in." : "You are not logged in.";
