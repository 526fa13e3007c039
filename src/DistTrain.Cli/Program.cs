using DistTrain.Cli.Commands;

return await CommandLine.RunAsync(args, Console.Out, Console.Error, TimeProvider.System);
