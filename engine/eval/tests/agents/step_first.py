import hyperspace

hyperspace.call("env.step", value=[0])
