// The printed receipt: nothing but the way to the printer.

document.getElementById("print").addEventListener("click", () => print());
document.body.dataset.running = "yes";
