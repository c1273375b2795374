"""Future sites (Zukunftsstandorte) with plots, phases and milestones."""
